/** @module The promises that every storage backend must keep. */

export { type StorageContractOptions, storageContract } from './storage-contract.ts';

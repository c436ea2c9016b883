/** @module What tests need: the suites every backend must pass. */

export { type StorageContractOptions, storageContract } from './storage-contract.ts';

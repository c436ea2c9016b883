/** @module Public test tools: a clock moved by hand, and the promises every storage backend must keep. */

export { ManualClock } from './manual-clock.ts';
export { STORAGE_CONTRACT_CASES, type StorageContractOptions, storageContract } from './storage-contract.ts';
export type { StorageContractCase } from './storage-contract-case.ts';

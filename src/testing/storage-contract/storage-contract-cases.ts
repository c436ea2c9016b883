import type { RouterStorage } from '../../contracts/index.ts';

/** Promises of the storage ports, by what a user loses when one is broken; a test fails with an AssertionError. */
export type StorageContractCases = Readonly<Record<string, (storage: RouterStorage) => Promise<void>>>;

import type { RouterStorage } from '../contracts/index.ts';

/** One promise of the storage ports, and the test that holds a backend to it. */
export interface StorageContractCase {
	/** What a user loses when it fails. */
	title: string;
	/** Fails with an AssertionError. */
	run(storage: RouterStorage): Promise<void>;
}

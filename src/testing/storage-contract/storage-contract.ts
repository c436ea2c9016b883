import type { RouterStorage } from '../../contracts/index.ts';
import { idempotencyCases, keyCases, limitCases } from './access-cases.ts';
import { budgetCases } from './budget-cases.ts';
import { evaluationCases } from './evaluation-cases.ts';
import { experimentCases } from './experiment-cases.ts';
import { ledgerCases, moneyCases } from './money-cases.ts';
import { recordCases } from './record-cases.ts';
import type { StorageContractCases } from './samples.ts';

/** A backend under test. */
export interface StorageContractOptions {
	/** Names the backend in the tests' titles. */
	name: string;
	/** Opens an empty storage; the suite closes it. Text of tasks is not captured, retention does not run by itself (the samples are of 2026-03-10). */
	open(): Promise<RouterStorage>;
	/** The runner's `it` or `test`. */
	it(title: string, run: () => Promise<void>): void;
	/** Tests a backend cannot pass, each with its reason. @default [] */
	skip?: ReadonlyArray<{ test: string; reason: string }>;
}

/** Every promise of the storage ports. */
const STORAGE_CONTRACT_CASES: StorageContractCases = {
	...recordCases,
	...ledgerCases,
	...budgetCases,
	...moneyCases,
	...keyCases,
	...limitCases,
	...experimentCases,
	...idempotencyCases,
	...evaluationCases,
};

/**
 * Declares the tests every backend of `RouterStorage` must pass.
 * @example storageContract({ name: 'mine', open: () => openMine(), it })
 */
export function storageContract(options: StorageContractOptions): void {
	for (const [title, run] of Object.entries(STORAGE_CONTRACT_CASES)) {
		const skipped = options.skip?.find((entry) => entry.test === title);
		if (skipped !== undefined) continue;
		options.it(`${options.name}: ${title}`, async () => {
			const storage = await options.open();
			try {
				await run(storage);
			} finally {
				await storage.close();
			}
		});
	}
}

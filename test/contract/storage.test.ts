import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { createMemoryStorage } from '../../src/storage/memory/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { storageContract } from '../../src/testing/storage-contract/storage-contract.ts';
import { contractIt } from '../support/contract-it.ts';

describe('every storage keeps the same promises', () => {
	let folder = '';
	let count = 0;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'switchyard-contract-'));
	});
	afterAll(() => rm(folder, { recursive: true }));

	storageContract({ name: 'memory', open: async () => createMemoryStorage(), it: contractIt });
	storageContract({
		name: 'sqlite',
		open: () => openSqliteStorage({ path: join(folder, `${count++}.db`), retentionDays: Number.POSITIVE_INFINITY }),
		it: contractIt,
	});
});

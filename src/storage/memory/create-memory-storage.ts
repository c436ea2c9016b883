import {
	type AttemptRow,
	type CostEntry,
	type CostLedger,
	type KeyStore,
	type PriceBookStore,
	type RouterStorage,
	type StoredPriceBook,
	sumByGroup,
	toOutcomeObservation,
	type VirtualKey,
} from '../../contracts/index.ts';
import { InvalidInputError, StorageError } from '../../errors/index.ts';
import { BoundedMap, toIsoDay } from '../../util/index.ts';
import { createLocalDay, getUnknownFields, sortUnknownUsage } from '../shared/row-rules.ts';
import { BoundedRows } from './bounded-rows.ts';
import { createMemoryBudgetStore } from './create-memory-budget-store.ts';
import { createMemoryIdempotencyStore } from './create-memory-idempotency-store.ts';
import { createMemoryRecordStore, MemoryRecords } from './create-memory-record-store.ts';

/** How much one process remembers. */
export interface MemoryStorageOptions {
	/**
	 * Newest rows kept of each kind (decisions, outcomes, events, charges, holds); older ones are forgotten, and with them
	 * their part in `counts`, `entries` and `totals`. Budgets and results per model stay exact. @default 10000
	 */
	maxRows?: number;
	/** Keep the text of tasks. @default false */
	captureText?: boolean;
}

/** What applies where the options say nothing. */
const DEFAULT_MEMORY_STORAGE_OPTIONS: Readonly<Required<MemoryStorageOptions>> = {
	maxRows: 10_000,
	captureText: false,
};

const ALL_TIME = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Remembers in this process only, within fixed bounds: for tests, browsers, and as a stand-in when a database cannot be used. */
export function createMemoryStorage(options: MemoryStorageOptions = {}): RouterStorage {
	const { maxRows, captureText } = { ...DEFAULT_MEMORY_STORAGE_OPTIONS, ...options };
	const rows = new MemoryRecords(maxRows);
	const entries = new ChargeRows(maxRows, rows.attempts);
	return {
		kind: 'memory',
		location: 'memory of this process',
		records: createMemoryRecordStore(rows, { captureText, entries }),
		ledger: createMemoryCostLedger(entries),
		budgets: createMemoryBudgetStore(entries, maxRows),
		performance: {
			observations: async (limit) => rows.outcomes.newest(ALL_TIME, limit).map(toOutcomeObservation),
			performance: async () => rows.performance.rows(),
		},
		prices: createMemoryPriceBooks(),
		keys: createMemoryKeyStore(),
		idempotency: createMemoryIdempotencyStore(),
		// there is no archive: what is old is forgotten
		archiveBefore: async (time) => rows.removeBefore(time),
		reset: async () => rows.clear(),
		close: async () => {},
	};
}

/** The ledger's rows; the call that comes with a charge becomes an attempt. */
class ChargeRows extends BoundedRows<CostEntry> {
	readonly #attempts: BoundedRows<AttemptRow>;

	constructor(capacity: number, attempts: BoundedRows<AttemptRow>) {
		super(capacity);
		this.#attempts = attempts;
	}

	override add({ call, ...entry }: CostEntry): boolean {
		if (!super.add(entry)) return false;
		const { attempt, costNanoUsd, decisionId, id, model, usage } = entry;
		const ofCharge = { id, decisionId, number: attempt ?? 1, model, costNanoUsd };
		if (call !== undefined) this.#attempts.add({ ...ofCharge, ...call, isEstimated: usage.isEstimated === true });
		return true;
	}
}

/** Price books kept: a process sees one, and one more for each change of its price file. */
const MAX_BOOKS = 20;

/** The price books of one process. */
function createMemoryPriceBooks(): PriceBookStore {
	const books = new BoundedMap<string, StoredPriceBook>(MAX_BOOKS);
	return {
		async save(book) {
			if (books.has(book.version)) return;
			books.set(book.version, { ...book });
		},
		list: async () => [...books.values()].sort((a, b) => b.at - a.at).map((book) => ({ ...book })),
	};
}

/** Far more keys than one process without a database has use for. A key is never evicted: it would stop working. */
const MAX_KEYS = 10_000;

/** The virtual keys of one process. */
function createMemoryKeyStore(): KeyStore {
	const keys = new Map<string, VirtualKey>();
	const change = (id: string, edit: (key: VirtualKey) => Partial<VirtualKey> | null): boolean => {
		const key = keys.get(id);
		const changed = key === undefined ? null : edit(key);
		if (key === undefined || changed === null) return false;
		keys.set(id, { ...key, ...changed });
		return true;
	};
	return {
		async add(key) {
			if (keys.has(key.id))
				throw new InvalidInputError(`There is a key with the id ${key.id} already. Make another one.`);
			if (keys.size >= MAX_KEYS) {
				const message = `This process holds ${MAX_KEYS} keys, the most it can. Keep them in a database.`;
				throw new StorageError('full', message);
			}
			keys.set(key.id, structuredClone(key));
		},
		find: async (id) => structuredClone(keys.get(id) ?? null),
		listIds: async () => [...keys.keys()],
		list: async () => structuredClone([...keys.values()].reverse().sort((a, b) => b.createdAt - a.createdAt)),
		revoke: async (id, at) => change(id, (key) => ({ revokedAt: key.revokedAt ?? at })),
		rotate: async (id, secretHash) => change(id, (key) => (key.revokedAt === null ? { secretHash } : null)),
	};
}

/** The ledger of one process: its newest rows. */
function createMemoryCostLedger(entries: BoundedRows<CostEntry>): CostLedger {
	return {
		async append(entry) {
			entries.add(entry);
		},
		entries: async (range, limit) => entries.newest(range, limit),
		async totals(range, by, timezone) {
			const rows = entries.newest(range, Number.POSITIVE_INFINITY);
			return sumByGroup(rows, by, by === 'day' ? createLocalDay(timezone) : toIsoDay);
		},
		async unknownUsage(range) {
			const counts = new Map<string, number>();
			for (const entry of entries.newest(range, Number.POSITIVE_INFINITY)) {
				for (const field of getUnknownFields(entry)) counts.set(field, (counts.get(field) ?? 0) + 1);
			}
			return sortUnknownUsage(counts);
		},
	};
}

import {
	type AttemptRow,
	type AuditAuthor,
	type AuditEntry,
	type AuditLog,
	type CostEntry,
	type CostLedger,
	formatLimitId,
	type KeyStore,
	type LimitStore,
	omitSecretHash,
	type PriceBookStore,
	type RouterStorage,
	type StoredLimit,
	type StoredPriceBook,
	sumByGroup,
	toOutcomeObservation,
	type VirtualKey,
} from '../../contracts/index.ts';
import { InvalidInputError, StorageError } from '../../errors/index.ts';
import { BoundedMap, toIsoDay } from '../../util/index.ts';
import { createLocalDay, getUnknownFields, mergeNewest, sortUnknownUsage } from '../shared/row-rules.ts';
import { BoundedRows } from './bounded-rows.ts';
import { createMemoryBudgetStore } from './create-memory-budget-store.ts';
import { createMemoryIdempotencyStore } from './create-memory-idempotency-store.ts';
import { createMemoryRecordStore, MemoryRecords } from './create-memory-record-store.ts';
import { MemoryEvaluations } from './memory-evaluations.ts';
import { MemoryExperimentStore } from './memory-experiment-store.ts';

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
	const audit = new MemoryAuditLog();
	// few processes evaluate
	let evaluations: MemoryEvaluations | null = null;
	const experiments = new MemoryExperimentStore({
		findOutcome: (decisionId) => rows.findOutcome(decisionId),
		audit: (author, entry) => audit.add(author, entry),
	});
	return {
		kind: 'memory',
		location: 'memory of this process',
		records: createMemoryRecordStore(rows, {
			captureText,
			entries,
			addExperimentRequest: (row) => experiments.addRequest(row),
		}),
		ledger: createMemoryCostLedger(entries),
		budgets: createMemoryBudgetStore(entries, maxRows),
		performance: {
			observations: async (limit) =>
				mergeNewest(
					rows.outcomes.newest(ALL_TIME, limit).map(toOutcomeObservation),
					evaluations?.observations() ?? [],
					limit,
				),
			performance: async () => rows.performance.rows(),
		},
		prices: createMemoryPriceBooks(),
		keys: createMemoryKeyStore(audit),
		limits: createMemoryLimitStore(audit),
		audit,
		get evaluations() {
			evaluations ??= new MemoryEvaluations(maxRows);
			return evaluations;
		},
		experiments,
		idempotency: createMemoryIdempotencyStore(),
		// there is no archive: what is old is forgotten
		archiveBefore: async (time) => rows.removeBefore(time),
		async reset() {
			rows.clear();
			evaluations?.clear();
			experiments.clearUnits();
		},
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
function createMemoryKeyStore(audit: MemoryAuditLog): KeyStore {
	const keys = new Map<string, VirtualKey>();
	const change = (
		id: string,
		{ action, author }: { action: AuditEntry['action']; author: AuditAuthor | undefined },
		edit: (key: VirtualKey) => Partial<VirtualKey> | null,
	): boolean => {
		const key = keys.get(id);
		const changed = key === undefined ? null : edit(key);
		if (key === undefined || changed === null) return false;
		const after = { ...key, ...changed };
		keys.set(id, after);
		if (key.revokedAt === null)
			audit.add(author, { action, target: id, before: omitSecretHash(key), after: omitSecretHash(after) });
		return true;
	};
	return {
		async add(key, author) {
			if (keys.has(key.id))
				throw new InvalidInputError(`There is a key with the id ${key.id} already. Make another one.`);
			if (keys.size >= MAX_KEYS) {
				const message = `This process holds ${MAX_KEYS} keys, the most it can. Keep them in a database.`;
				throw new StorageError('full', message);
			}
			keys.set(key.id, structuredClone(key));
			audit.add(author, { action: 'key-created', target: key.id, after: omitSecretHash(key) });
		},
		find: async (id) => structuredClone(keys.get(id) ?? null),
		listIds: async () => [...keys.keys()],
		list: async () => structuredClone([...keys.values()].reverse().sort((a, b) => b.createdAt - a.createdAt)),
		revoke: async (id, at, author) =>
			change(id, { action: 'key-revoked', author }, (key) => ({ revokedAt: key.revokedAt ?? at })),
		rotate: async (id, secretHash, author) =>
			change(id, { action: 'key-rotated', author }, (key) => (key.revokedAt === null ? { secretHash } : null)),
	};
}

/** Entries kept, the newest. */
const MAX_AUDIT_ENTRIES = 1000;

/** Who has changed what in one process. */
class MemoryAuditLog implements AuditLog {
	readonly #entries: AuditEntry[] = [];
	#count = 0;

	/** Adds an entry; nothing where nobody is named. */
	add(author: AuditAuthor | undefined, entry: Pick<AuditEntry, 'action' | 'target'> & Partial<AuditEntry>): void {
		if (author === undefined) return;
		this.#count += 1;
		this.#entries.unshift(structuredClone({ before: null, after: null, ...entry, ...author, id: this.#count }));
		this.#entries.length = Math.min(this.#entries.length, MAX_AUDIT_ENTRIES);
	}

	async list(limit: number, before: number = Number.POSITIVE_INFINITY): Promise<AuditEntry[]> {
		return structuredClone(this.#entries.filter(({ id }) => id < before).slice(0, Math.max(0, limit)));
	}
}

/** The limits of one process that win over the configuration; at most as many as a budget takes. */
function createMemoryLimitStore(audit: MemoryAuditLog): LimitStore {
	const limits = new Map<string, StoredLimit>();
	return {
		list: async () =>
			structuredClone([...limits.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, limit]) => limit)),
		async set(limit, configured) {
			const { rule, ...author } = limit;
			const id = formatLimitId(rule);
			audit.add(author, { action: 'limit-set', target: id, before: limits.get(id)?.rule ?? configured, after: rule });
			limits.set(id, structuredClone(limit));
		},
		async clear(id, author, configured) {
			const before = limits.get(id)?.rule ?? null;
			if (before !== null) audit.add(author, { action: 'limit-cleared', target: id, before, after: configured });
			return limits.delete(id);
		},
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

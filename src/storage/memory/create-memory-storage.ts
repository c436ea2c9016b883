import {
	type AttemptRow,
	type AuditAuthor,
	type AuditEntry,
	type AuditLog,
	type CostEntry,
	type CostLedger,
	type ExperimentRequest,
	type ExperimentStore,
	type ExperimentUnit,
	formatLimitId,
	type KeyStore,
	type LimitStore,
	type OutcomeRow,
	omitSecretHash,
	type PriceBookStore,
	type RouterStorage,
	type ShadowComparison,
	type StoredExperiment,
	type StoredLimit,
	type StoredPriceBook,
	sumByGroup,
	type TimeRange,
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
	let shadow: BoundedRows<ShadowComparison> | null = null;
	const experiments = new MemoryExperimentStore({
		findOutcome: (decisionId) => rows.findOutcome(decisionId),
		audit,
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
		get shadow() {
			shadow ??= new BoundedRows(maxRows);
			const rows = shadow;
			return {
				save: async (comparison: ShadowComparison) => void rows.add(structuredClone(comparison)),
				list: async (range: TimeRange, limit: number) => structuredClone(rows.newest(range, limit)),
			};
		},
		experiments,
		idempotency: createMemoryIdempotencyStore(),
		// there is no archive: what is old is forgotten
		async archiveBefore(time) {
			shadow?.removeBefore(time);
			evaluations?.removeBefore(time);
			return rows.removeBefore(time);
		},
		async reset() {
			rows.clear();
			evaluations?.clear();
			shadow?.clear();
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

/** Units kept of all experiments, as many as one counts at most, and requests of them. */
const MAX_UNITS = 100_000;
/** Experiments kept. */
const MAX_EXPERIMENTS = 1000;

interface Assignment {
	experiment: string;
	unit: string;
	arm: string;
	probability: number;
	at: number;
	requests: ExperimentRequest[];
}

/** What a memory of experiments needs from its neighbours. */
interface MemoryExperimentOptions {
	findOutcome: (decisionId: string) => OutcomeRow | null;
	audit: MemoryAuditLog;
}

/** Experiments of one process. */
class MemoryExperimentStore implements ExperimentStore {
	readonly #options: MemoryExperimentOptions;
	readonly #experiments = new BoundedMap<string, StoredExperiment>(MAX_EXPERIMENTS);
	readonly #assignments = new BoundedMap<string, Assignment>(MAX_UNITS);
	readonly #requests = new BoundedMap<string, ExperimentRequest>(MAX_UNITS);
	/** Keys of the units that were not counted yet, in the order in which they came. */
	readonly #waiting = new Set<string>();
	readonly #counted = new Map<string, ExperimentUnit[]>();

	constructor(options: MemoryExperimentOptions) {
		this.#options = options;
	}

	/** Adds a request; the first of a unit draws it into its arm. */
	addRequest(request: ExperimentRequest): void {
		if (this.#requests.has(request.decisionId)) return;
		this.#requests.set(request.decisionId, { ...request });
		const { arm, at, experiment, probability, unit } = request;
		const key = JSON.stringify([experiment, unit]);
		const known = this.#assignments.get(key);
		if (known !== undefined) {
			// a unit that was counted needs no more of them
			if (this.#waiting.has(key)) known.requests.push(request);
			return;
		}
		this.#assignments.set(key, { experiment, unit, arm, probability, at, requests: [request] });
		this.#waiting.add(key);
	}

	/** Forgets all units and requests. */
	clearUnits(): void {
		this.#assignments.clear();
		this.#requests.clear();
		this.#waiting.clear();
		this.#counted.clear();
	}

	async list(): Promise<StoredExperiment[]> {
		return structuredClone([...this.#experiments.values()].reverse().sort((a, b) => b.createdAt - a.createdAt));
	}

	async add(
		{ createdAt, definition }: Parameters<ExperimentStore['add']>[0],
		author: AuditAuthor,
		{ isReplacing = false }: Parameters<ExperimentStore['add']>[2] = {},
	): Promise<boolean> {
		const { name } = definition;
		const before = this.#experiments.peek(name);
		if (before !== undefined && !(isReplacing && before.freeze === null)) return false;
		this.#experiments.set(name, structuredClone({ definition, createdAt, freeze: null, end: null }));
		const was = before?.definition ?? null;
		this.#options.audit.add(author, { action: 'experiment-created', target: name, before: was, after: definition });
		return true;
	}

	async start(name: string, freeze: NonNullable<StoredExperiment['freeze']>, author: AuditAuthor): Promise<boolean> {
		const experiment = this.#experiments.peek(name);
		const runs = [...this.#experiments.values()].some((each) => each.freeze !== null && each.end === null);
		if (experiment === undefined || experiment.freeze !== null || runs) return false;
		this.#experiments.update(name, { ...experiment, freeze: structuredClone(freeze) });
		const { hash } = freeze;
		this.#options.audit.add(author, { action: 'experiment-started', target: name, before: null, after: { hash } });
		return true;
	}

	async end(name: string, end: NonNullable<StoredExperiment['end']>, author: AuditAuthor): Promise<boolean> {
		const experiment = this.#experiments.peek(name);
		if (experiment === undefined || experiment.freeze === null || experiment.end !== null) return false;
		this.#experiments.update(name, { ...experiment, end: structuredClone(end) });
		// its result is all that is still asked for
		this.#counted.delete(name);
		for (const key of this.#waiting) if (this.#isOf(key, name)) this.#waiting.delete(key);
		const { message, reason } = end;
		this.#options.audit.add(author, {
			action: 'experiment-ended',
			target: name,
			before: null,
			after: { reason, message },
		});
		return true;
	}

	async count(name: string, limits: Parameters<ExperimentStore['count']>[1]): Promise<number> {
		const counted = this.#counted.get(name) ?? [];
		this.#counted.set(name, counted);
		const due = [...this.#waiting]
			.flatMap((key) => {
				const found = this.#assignments.peek(key);
				return found?.experiment === name && found.at < limits.before ? [{ key, found }] : [];
			})
			.sort((a, b) => a.found.at - b.found.at || (a.found.unit < b.found.unit ? -1 : 1))
			.slice(0, Math.max(0, limits.maxUnits - counted.length));
		for (const { found, key } of due) {
			counted.push(this.#measure(found, counted.length + 1, found.at + limits.windowMs));
			this.#waiting.delete(key);
		}
		return counted.length;
	}

	#measure({ arm, probability, requests }: Assignment, position: number, until: number): ExperimentUnit {
		const ofWindow = requests.filter(({ at }) => at <= until);
		const outcomes = ofWindow.flatMap(({ decisionId }) => {
			const outcome = this.#options.findOutcome(decisionId);
			return outcome !== null && outcome.at <= until ? [outcome] : [];
		});
		const mean = (pick: (outcome: OutcomeRow) => number | null): number | null => {
			const values = outcomes.map(pick).filter((value) => value !== null);
			return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
		};
		return {
			position,
			arm,
			probability,
			requests: ofWindow.length,
			isLeaked: ofWindow.some((request) => request.arm !== arm),
			quality: mean(({ quality }) => quality),
			costNanoUsd: mean(({ actualCostNanoUsd }) => actualCostNanoUsd),
			latencyMs: mean(({ actualLatencyMs, success }) => (success ? actualLatencyMs : null)),
			errors: mean(({ success }) => (success ? 0 : 1)),
		};
	}

	/** Whether a key is of a unit of the experiment, or of one that was forgotten. */
	#isOf(key: string, name: string): boolean {
		const found = this.#assignments.peek(key);
		return found === undefined || found.experiment === name;
	}

	async units(name: string, after: number, limit: number): Promise<ExperimentUnit[]> {
		return structuredClone((this.#counted.get(name) ?? []).slice(after, after + limit));
	}

	async knows(name: string, unit: string): Promise<boolean> {
		return this.#assignments.has(JSON.stringify([name, unit]));
	}

	async request(decisionId: string): Promise<ExperimentRequest | null> {
		return structuredClone(this.#requests.peek(decisionId) ?? null);
	}
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

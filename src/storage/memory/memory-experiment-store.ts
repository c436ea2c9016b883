import type {
	AuditAction,
	AuditAuthor,
	ExperimentRequest,
	ExperimentStore,
	ExperimentUnit,
	OutcomeRow,
	StoredExperiment,
} from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';

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
	audit: (author: AuditAuthor, entry: { action: AuditAction; target: string; before: unknown; after: unknown }) => void;
}

/** Experiments of one process. */
export class MemoryExperimentStore implements ExperimentStore {
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

	async add({ createdAt, definition }: Parameters<ExperimentStore['add']>[0], author: AuditAuthor): Promise<boolean> {
		const { name } = definition;
		const before = this.#experiments.peek(name);
		if (before !== undefined && before.freeze !== null) return false;
		this.#experiments.set(name, structuredClone({ definition, createdAt, freeze: null, end: null }));
		const was = before?.definition ?? null;
		this.#options.audit(author, { action: 'experiment-created', target: name, before: was, after: definition });
		return true;
	}

	async start(name: string, freeze: NonNullable<StoredExperiment['freeze']>, author: AuditAuthor): Promise<boolean> {
		const experiment = this.#experiments.peek(name);
		const runs = [...this.#experiments.values()].some((each) => each.freeze !== null && each.end === null);
		if (experiment === undefined || experiment.freeze !== null || runs) return false;
		this.#experiments.update(name, { ...experiment, freeze: structuredClone(freeze) });
		const { hash } = freeze;
		this.#options.audit(author, { action: 'experiment-started', target: name, before: null, after: { hash } });
		return true;
	}

	async end(name: string, end: NonNullable<StoredExperiment['end']>, author: AuditAuthor): Promise<boolean> {
		const experiment = this.#experiments.peek(name);
		if (experiment === undefined || experiment.freeze === null || experiment.end !== null) return false;
		this.#experiments.update(name, { ...experiment, end: structuredClone(end) });
		const { message, reason } = end;
		this.#options.audit(author, { action: 'experiment-ended', target: name, before: null, after: { reason, message } });
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

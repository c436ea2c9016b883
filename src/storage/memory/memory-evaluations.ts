import {
	type EvaluationAnswer,
	type EvaluationRun,
	type EvaluationStore,
	type EvaluationVerdict,
	type OutcomeObservation,
	toEvaluationObservation,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { BoundedMap } from '../../util/index.ts';

/** Runs kept, with all that is theirs; of more the one that was used longest ago is forgotten. */
const MAX_RUNS = 20;

interface KeptRun {
	run: EvaluationRun;
	/** By task and model. */
	answers: Map<string, EvaluationAnswer>;
	/** By task and pair. */
	verdicts: Map<string, EvaluationVerdict>;
	claim: { holder: string; until: number } | null;
}

/** Evaluations in the memory of one process. `maxRows`: answers, and verdicts, kept of a run. */
export class MemoryEvaluations implements EvaluationStore {
	readonly #runs = new BoundedMap<string, KeptRun>(MAX_RUNS);
	readonly #maxRows: number;

	constructor(maxRows: number) {
		this.#maxRows = maxRows;
	}

	async create(run: EvaluationRun): Promise<void> {
		if (this.#runs.has(run.id)) throw new InvalidInputError(`There is a run ${run.id} already. Start another one.`);
		this.#runs.set(run.id, { run: structuredClone(run), answers: new Map(), verdicts: new Map(), claim: null });
	}

	async run(id: string): Promise<EvaluationRun | null> {
		return structuredClone(this.#runs.peek(id)?.run ?? null);
	}

	async runs(limit: number): Promise<EvaluationRun[]> {
		const runs = [...this.#runs.values()].map(({ run }) => run).reverse();
		return structuredClone(runs.sort((a, b) => b.at - a.at).slice(0, Math.max(0, limit)));
	}

	async update(id: string, change: Partial<EvaluationRun>): Promise<boolean> {
		const kept = this.#runs.peek(id);
		if (kept === undefined) return false;
		kept.run = { ...kept.run, ...change };
		return true;
	}

	async claim(
		runId: string,
		holder: string,
		{ instead = holder, now, until }: { now: number; until: number; instead?: string },
	): Promise<string | null> {
		const kept = this.#runs.peek(runId);
		if (kept === undefined) return null;
		const { claim } = kept;
		if (claim !== null && ![holder, instead].includes(claim.holder) && claim.until > now) return claim.holder;
		kept.claim = { holder, until };
		return holder;
	}

	async release(runId: string, holder: string): Promise<void> {
		const kept = this.#runs.peek(runId);
		if (kept?.claim?.holder === holder) kept.claim = null;
	}

	async saveAnswer(answer: EvaluationAnswer): Promise<void> {
		const { answers } = this.#find(answer.runId);
		const key = JSON.stringify([answer.taskId, answer.model]);
		if (answers.has(key) && answers.get(key)?.error === null) return;
		answers.delete(key);
		if (answers.size < this.#maxRows) answers.set(key, { ...answer });
	}

	async answers(runId: string): Promise<EvaluationAnswer[]> {
		return [...(this.#runs.peek(runId)?.answers.values() ?? [])].map((answer) => ({ ...answer }));
	}

	async saveVerdict(verdict: EvaluationVerdict): Promise<void> {
		const { verdicts } = this.#find(verdict.runId);
		const key = JSON.stringify([verdict.taskId, verdict.pair]);
		if (!verdicts.has(key) && verdicts.size < this.#maxRows) verdicts.set(key, structuredClone(verdict));
	}

	async verdicts(runId: string): Promise<EvaluationVerdict[]> {
		return structuredClone([...(this.#runs.peek(runId)?.verdicts.values() ?? [])]);
	}

	/** The checked answers that count for learning, newest first. */
	observations(): OutcomeObservation[] {
		const learned = [...this.#runs.values()].filter(({ run }) => run.learnedAt !== null);
		return learned
			.flatMap(({ answers, run }) =>
				[...answers.values()].reverse().flatMap((answer) => {
					if (answer.quality === null || answer.error !== null) return [];
					return [toEvaluationObservation({ ...answer, quality: answer.quality }, run.learnedAt ?? 0)];
				}),
			)
			.sort((a, b) => b.at - a.at);
	}

	/** Forgets runs that began before the time. */
	removeBefore(time: number): void {
		for (const { run } of [...this.#runs.values()]) if (run.at < time) this.#runs.delete(run.id);
	}

	clear(): void {
		this.#runs.clear();
	}

	/** @throws InvalidInputError */
	#find(runId: string): KeptRun {
		const kept = this.#runs.peek(runId);
		if (kept === undefined) throw new InvalidInputError(`There is no run ${runId}. Start one first.`);
		return kept;
	}
}

import type { Clock } from '../../contracts/index.ts';
import { KeyLimiter } from '../../gateway/index.ts';
import type { KeyAdmission, LimitedKey, ReloadReport } from '../../gateway.ts';
import { keepCounts, mergeMetrics } from './merge-metrics.ts';
import type { Channel, Listening, Notice, PrimaryCalls, WorkerCalls, WorkerError } from './messages.ts';
import { Peer } from './peer.ts';

/** Milliseconds before a worker that ended by itself is started again; twice as many each time that it does so at once. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** How long a request waits for the end of another that is about to be told. */
const RELEASE_WAIT_MS = 20;
const RELEASE_WAITS = 5;
/** How long a worker that hangs holds up what all are asked for. */
const ANSWER_WAIT_MS = 5000;
/** A worker that lived so long has not ended at once. */
const SETTLED_MS = 60_000;

/** A process that was started. */
export interface WorkerProcess extends Channel {
	/** Ends it without asking. */
	kill(): void;
}

/** What the workers of a gateway need of the process that starts them. */
interface PrimaryOptions {
	count: number;
	clock: Clock;
	/** Starts a worker. */
	start: () => WorkerProcess;
	/** Receives what the user should know. */
	onNote: (message: string) => void;
}

interface Worker {
	process: WorkerProcess;
	peer: Peer<WorkerCalls, PrimaryCalls>;
	/** Requests of keys that are under way there: released when it dies. */
	admissions: Map<number, KeyAdmission>;
	isListening: boolean;
	startedAt: number;
	/** What it last told of itself. */
	metrics: string;
}

/** Starts the workers of a gateway, keeps as many alive, and does for them what they have to do together. */
export class Primary {
	readonly #options: PrimaryOptions;
	/** Counts for all workers, so that a key's limit is the same at each. */
	readonly #limiter: KeyLimiter;
	readonly #workers = new Set<Worker>();
	/** What workers have told only once, so that the user does not read it once for each. */
	readonly #said = new Set<string>();
	#admissions = 0;
	/** What workers that are gone had counted when they were last asked. */
	#gone = '';
	#pauseMs = FIRST_PAUSE_MS;
	#isStopping = false;
	/** Ends the pause before a worker is started again. */
	readonly #stopping = new AbortController();
	#first: { resolve: (listening: Listening) => void; reject: (error: Error) => void } | null = null;
	/** Workers that did not listen yet when they were first started. */
	#missing: number;
	#ended: () => void = () => {};
	/** Resolves when the last worker is gone after `stop`. */
	readonly ended: Promise<void>;

	constructor(options: PrimaryOptions) {
		this.#options = options;
		this.#limiter = new KeyLimiter({ clock: options.clock });
		this.#missing = options.count;
		this.ended = new Promise((resolve) => {
			this.#ended = resolve;
		});
	}

	/** Starts the workers; resolves with what the first one reports when all of them take requests. @throws what the first failure was */
	start(): Promise<Listening> {
		return new Promise((resolve, reject) => {
			this.#first = { resolve, reject };
			for (let index = 0; index < this.#options.count; index += 1) this.#startWorker();
		});
	}

	/** Has every worker end the requests under way and then itself. */
	stop(): void {
		this.#isStopping = true;
		this.#stopping.abort();
		for (const { peer } of this.#workers) peer.tell({ kind: 'stop' });
		if (this.#workers.size === 0) this.#ended();
	}

	/** Reads the configuration again in every worker; the first rejection stands for all. */
	async reload(): Promise<ReloadReport> {
		const reports = await this.#askAll('reload');
		return reports.find(({ applied }) => !applied) ?? reports[0] ?? NOBODY_TO_RELOAD;
	}

	#startWorker(): void {
		const process = this.#options.start();
		const { clock } = this.#options;
		const admissions = new Map<number, KeyAdmission>();
		const peer = new Peer<WorkerCalls, PrimaryCalls>(
			process,
			{
				admit: ({ key, tokens }) => this.#admit(worker, key, tokens),
				metrics: () => this.#readMetrics(),
				reload: () => this.reload(),
				refreshLimits: async () => {
					await this.#askAll('refreshLimits');
					return null;
				},
			},
			(notice) => this.#take(worker, notice),
		);
		const worker: Worker = { process, peer, admissions, isListening: false, startedAt: clock.monotonic(), metrics: '' };
		this.#workers.add(worker);
		process.onEnd(() => this.#end(worker));
	}

	async #admit(worker: Worker, key: LimitedKey, tokens: number): Promise<{ id: number }> {
		// a caller has its answer a moment before its worker has told of the end
		for (let waits = RELEASE_WAITS; waits > 0 && this.#limiter.isBusy(key); waits -= 1)
			await this.#options.clock.sleep(RELEASE_WAIT_MS);
		// nobody would tell the end of a request whose worker died meanwhile
		if (!this.#workers.has(worker)) throw new Error('The worker is gone.');
		const admission = this.#limiter.admit(key, tokens);
		this.#admissions += 1;
		worker.admissions.set(this.#admissions, admission);
		return { id: this.#admissions };
	}

	/** The metrics of all workers, those of one that hangs as it last told them, with what dead ones have counted. */
	async #readMetrics(): Promise<string[]> {
		await this.#askAll('metrics', (worker, metrics) => {
			worker.metrics = metrics;
		});
		const texts = [...this.#workers].map(({ metrics }) => metrics);
		return [...texts, this.#gone].filter((text) => text !== '');
	}

	/** What every worker answers; one that ends meanwhile does not. */
	async #askAll<Kind extends keyof WorkerCalls & string>(
		kind: Kind,
		onAnswer: (worker: Worker, answer: WorkerCalls[Kind]['answer']) => void = () => {},
	): Promise<Array<WorkerCalls[Kind]['answer']>> {
		const listening = [...this.#workers].filter(({ isListening }) => isListening);
		const answered = new AbortController();
		const tooLate = this.#options.clock
			.sleep(ANSWER_WAIT_MS, answered.signal)
			.then(() => Promise.reject(new Error('The worker does not answer.')));
		const answers = await Promise.allSettled(
			listening.map(async (worker) => {
				const answer = await Promise.race([worker.peer.call(kind, null), tooLate]);
				onAnswer(worker, answer);
				return answer;
			}),
		);
		answered.abort();
		await tooLate.catch(() => {});
		return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
	}

	#take(worker: Worker, notice: Notice): void {
		switch (notice.kind) {
			case 'listening':
				this.#listen(worker, notice);
				return;
			case 'failed':
				this.#fail(notice.error);
				return;
			case 'note':
				this.#say(notice.message);
				return;
			case 'release':
				worker.admissions.get(notice.id)?.release(notice.usedTokens);
				worker.admissions.delete(notice.id);
				return;
			case 'key-changed':
			case 'session-changed':
				for (const { peer } of this.#workers) if (peer !== worker.peer) peer.tell(notice);
				return;
			case 'stop':
		}
	}

	#listen(worker: Worker, listening: Listening): void {
		worker.isListening = true;
		this.#missing -= 1;
		if (this.#missing === 0) this.#first?.resolve(listening);
	}

	#fail({ code, message }: WorkerError): void {
		if (this.#missing <= 0) {
			this.#options.onNote(`A worker could not begin: ${message}`);
			return;
		}
		// one that cannot begin says why for all
		this.#isStopping = true;
		this.#first?.reject(Object.assign(new Error(message), code === null ? {} : { code }));
		for (const { process } of this.#workers) process.kill();
	}

	#say(message: string): void {
		if (this.#said.has(message)) return;
		this.#said.add(message);
		// each says it within a moment; later it is news again
		void this.#options.clock.sleep(FIRST_PAUSE_MS).then(() => this.#said.delete(message));
		this.#options.onNote(message);
	}

	#end(worker: Worker): void {
		this.#workers.delete(worker);
		this.#gone = mergeMetrics([this.#gone, keepCounts(worker.metrics)]);
		for (const admission of worker.admissions.values()) admission.release(null);
		if (this.#isStopping) {
			if (this.#workers.size === 0) this.#ended();
			return;
		}
		if (this.#missing > 0)
			this.#fail({ code: null, message: 'a worker ended while it was starting', retryAfterMs: null });
		else this.#replace(worker);
	}

	/** Starts another in place of one that died; after a pause that grows while they die at once. */
	#replace({ startedAt }: Worker): void {
		const { clock, onNote } = this.#options;
		const lived = clock.monotonic() - startedAt;
		const pauseMs = lived >= SETTLED_MS ? FIRST_PAUSE_MS : this.#pauseMs;
		this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
		onNote(
			`A worker died; another is started in ${pauseMs / 1000} s. What it had reserved and not settled counts as spent until it is reconciled.`,
		);
		const start = (): void => {
			if (!this.#isStopping) this.#startWorker();
		};
		void clock.sleep(pauseMs, this.#stopping.signal).then(start, () => {});
	}
}

const NOBODY_TO_RELOAD: ReloadReport = { applied: false, message: 'no worker serves at this moment', issues: [] };

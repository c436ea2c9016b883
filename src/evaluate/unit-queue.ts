/** Why a unit did not run: a limit leaves too little money, or what it needs cannot be called any more. */
interface UnitRefusal {
	kind: 'refused' | 'gone';
	reason: string;
}

/** What a unit answers: `null` when it was done. */
type Unit = () => Promise<UnitRefusal | null>;

interface Waiting {
	priority: number;
	start: () => void;
}

/**
 * Runs units of work, so many at once, those of a lower priority number first. A unit that is refused for want of money waits until another
 * one has given back what it held, and is tried again; where no other holds anything, the money has ended and nothing more begins.
 */
export class UnitQueue {
	readonly #concurrency: number;
	readonly #signal: AbortSignal;
	/** Units that run now: only they can hold money. */
	#running = 0;
	#waiting: Waiting[] = [];
	/** Units that wait for money. */
	#short = new Set<() => void>();
	#ended: { state: 'budget-ended' | 'stopped'; reason: string } | null = null;

	constructor(concurrency: number, signal: AbortSignal) {
		this.#concurrency = concurrency;
		this.#signal = signal;
	}

	/** Why nothing more begins; `null`: nothing speaks against it. */
	get ended(): { state: 'budget-ended' | 'stopped'; reason: string } | null {
		return this.#ended;
	}

	get #isOver(): boolean {
		return this.#ended !== null || this.#signal.aborted;
	}

	/** Runs jobs that each run units, as many at once as units may; none begins while money is short. */
	async runAll(jobs: ReadonlyArray<() => Promise<void>>): Promise<void> {
		const next = jobs.values();
		const work = async () => {
			for (const job of next) {
				if (this.#short.size > 0) await this.#untilReturned();
				if (this.#isOver) return;
				await job();
			}
		};
		await Promise.all(Array.from({ length: this.#concurrency }, work));
	}

	/** Runs a unit when its turn has come; does nothing once all is over. */
	async run(priority: number, unit: Unit): Promise<void> {
		for (;;) {
			await this.#enter(priority);
			if (this.#isOver) {
				this.#leave();
				return;
			}
			let refusal: UnitRefusal | null;
			try {
				refusal = await unit();
			} finally {
				this.#leave();
			}
			if (refusal === null) {
				this.#wake();
				return;
			}
			if (refusal.kind === 'gone') this.#end('stopped', refusal.reason);
			else if (this.#running === 0) this.#end('budget-ended', refusal.reason);
			if (this.#isOver) return;
			await this.#untilReturned();
		}
	}

	#end(state: 'budget-ended' | 'stopped', reason: string): void {
		this.#ended ??= { state, reason };
		this.#wake();
	}

	#untilReturned(): Promise<void> {
		return new Promise((resolve) => this.#short.add(resolve));
	}

	/** Money was given back, or nothing will be. */
	#wake(): void {
		const short = [...this.#short];
		this.#short.clear();
		for (const resume of short) resume();
	}

	async #enter(priority: number): Promise<void> {
		if (this.#running >= this.#concurrency) await new Promise<void>((start) => this.#waiting.push({ priority, start }));
		else this.#running += 1;
	}

	/** Gives the place to the most urgent one. */
	#leave(): void {
		const [first, ...others] = this.#waiting.sort((a, b) => a.priority - b.priority);
		this.#waiting = others;
		if (first === undefined) this.#running -= 1;
		else first.start();
	}
}

const ESCAPE = '\u001b';
/** A screen of its own, without cursor; and back to what was there before. */
const ENTER = `${ESCAPE}[?1049h${ESCAPE}[?25l`;
const LEAVE = `${ESCAPE}[?25h${ESCAPE}[?1049l`;
const TO_TOP = `${ESCAPE}[H`;
const CLEAR_LINE = `${ESCAPE}[K`;
const CLEAR_BELOW = `${ESCAPE}[J`;

/** q, Ctrl-C, Ctrl-D and Escape: in raw mode a terminal sends them as characters. */
const QUIT_KEYS = new Set(['q', 'Q', '\u0003', '\u0004', ESCAPE]);

/** What ends a wait. */
type Wake = 'time' | 'resize' | 'quit';

/** A terminal's whole screen, drawn over and over. What was there before comes back when it is closed, also by an exit. */
export class FullScreen {
	readonly #signal: AbortSignal;
	#wake: (reason: Wake) => void = () => {};
	/** A key that came while nobody waited. */
	#hasQuit = false;

	/** @param signal closes the screen, e.g. for SIGTERM */
	constructor(signal: AbortSignal) {
		this.#signal = signal;
		process.stdout.write(ENTER);
		if (process.stdin.isTTY) process.stdin.setRawMode(true);
		process.stdin.on('data', this.#onKeys).resume();
		process.stdout.on('resize', this.#onResize);
		signal.addEventListener('abort', this.#onAbort);
		process.once('exit', this.#restore);
	}

	get columns(): number {
		return process.stdout.columns ?? 80;
	}

	get rows(): number {
		return process.stdout.rows ?? 24;
	}

	/** Draws the lines that fit, over those that were there. */
	draw(lines: readonly string[]): void {
		const shown = lines.slice(0, this.rows).map((line) => line + CLEAR_LINE);
		process.stdout.write(TO_TOP + shown.join('\r\n') + CLEAR_BELOW);
	}

	/** Waits for so many milliseconds, for another size, or for the person to have seen enough. */
	async wait(ms: number): Promise<Wake> {
		if (this.#hasQuit || this.#signal.aborted) return 'quit';
		const { promise, resolve } = Promise.withResolvers<Wake>();
		const timer = setTimeout(() => resolve('time'), ms);
		this.#wake = resolve;
		const reason = await promise;
		clearTimeout(timer);
		return reason;
	}

	/** Gives the terminal back as it was. */
	close(): void {
		process.off('exit', this.#restore);
		process.stdin.off('data', this.#onKeys).pause();
		process.stdout.off('resize', this.#onResize);
		this.#signal.removeEventListener('abort', this.#onAbort);
		this.#restore();
	}

	readonly #onKeys = (keys: Buffer): void => {
		const text = keys.toString('utf8');
		// an arrow or function key begins with Escape, too
		if (!QUIT_KEYS.has(text) && ![...text].some((key) => key !== ESCAPE && QUIT_KEYS.has(key))) return;
		this.#hasQuit = true;
		this.#wake('quit');
	};

	readonly #onResize = (): void => this.#wake('resize');
	readonly #onAbort = (): void => this.#wake('quit');

	readonly #restore = (): void => {
		if (process.stdin.isTTY) process.stdin.setRawMode(false);
		process.stdout.write(LEAVE);
	};
}

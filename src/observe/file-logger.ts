import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Logger, LogLevel } from '../contracts/index.ts';
import { isLogged } from './log-level.ts';
import { formatLogLine } from './log-line.ts';
import { isFull, type RotationOptions, rotateFile } from './rotate-file.ts';

/** Bytes kept in memory before they are written. */
const BUFFER_BYTES = 64_000;
/** Milliseconds a line may wait for others. */
const PATIENCE_MS = 200;

/** Where a file logger writes and how much. */
export interface FileLoggerOptions extends RotationOptions {
	level: LogLevel;
	/** Time of the lines. @default the system's */
	clock?: Pick<Clock, 'now'>;
	/** Also show every line on standard error. @default false */
	mirrorToStderr?: boolean;
}

/** A logger with a file behind it. */
export interface FileLogger extends Logger {
	/** Writes what waits. */
	flush(): void;
	/** Writes what waits and takes no more lines. Idempotent. */
	close(): void;
}

/** Lines of JSON in batches; see `createFileLogger`. */
class BatchedFileLogger implements FileLogger {
	readonly #options: FileLoggerOptions;
	readonly #onExit = (): void => this.flush();
	#waiting: string[] = [];
	#waitingBytes = 0;
	#timer: NodeJS.Timeout | undefined;
	#isOpen = false;
	#isClosed = false;
	#hasComplained = false;

	constructor(options: FileLoggerOptions) {
		this.#options = options;
	}

	error(message: string, details?: unknown): void {
		this.#take('error', message, details);
		// The process may be about to end in a way that runs no handlers.
		this.flush();
	}

	warn(message: string, details?: unknown): void {
		this.#take('warn', message, details);
	}

	info(message: string, details?: unknown): void {
		this.#take('info', message, details);
	}

	debug(message: string, details?: unknown): void {
		this.#take('debug', message, details);
	}

	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#waiting.length === 0) return;
		const text = this.#waiting.join('');
		const bytes = this.#waitingBytes;
		this.#waiting = [];
		this.#waitingBytes = 0;
		this.#write(text, bytes);
	}

	close(): void {
		this.flush();
		this.#isClosed = true;
		process.off('exit', this.#onExit);
	}

	#take(level: Exclude<LogLevel, 'silent'>, message: string, details: unknown): void {
		if (this.#isClosed || !isLogged(level, this.#options.level)) return;
		const line = `${formatLogLine({ at: this.#options.clock?.now() ?? Date.now(), level, message, details })}\n`;
		if (this.#options.mirrorToStderr) process.stderr.write(line);
		if (!this.#isOpen) {
			this.#isOpen = true;
			process.on('exit', this.#onExit);
		}
		this.#waiting.push(line);
		this.#waitingBytes += Buffer.byteLength(line);
		if (this.#waitingBytes >= BUFFER_BYTES) this.flush();
		else this.#timer ??= setTimeout(() => this.flush(), PATIENCE_MS).unref();
	}

	/** One append per batch: lines of several processes never mix. What cannot be written is dropped, and said once. */
	#write(text: string, bytes: number): void {
		try {
			mkdirSync(dirname(this.#options.path), { recursive: true });
			if (isFull(this.#options, bytes)) rotateFile(this.#options, bytes);
			appendFileSync(this.#options.path, text, { mode: 0o600 });
		} catch (error) {
			if (this.#hasComplained) return;
			this.#hasComplained = true;
			const reason = error instanceof Error ? error.message : String(error);
			process.emitWarning(
				`The log ${this.#options.path} cannot be written (${reason}). Routing goes on without it; set another file with ROUTING_LOG_FILE.`,
				{ code: 'ROUTING_LOG' },
			);
		}
	}
}

/**
 * Logs lines of JSON to a file that is made with the first line and rotated at `maxBytes`; several processes may share it.
 * Holds neither secrets nor prompt text. Never throws: a file that cannot be written is reported once as a process warning.
 */
export function createFileLogger(options: FileLoggerOptions): FileLogger {
	return new BatchedFileLogger(options);
}

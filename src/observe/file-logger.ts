import { appendFileSync, closeSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, LOG_LEVELS, type Logger, type LogLevel } from '../contracts/index.ts';
import { SYSTEM_CLOCK } from '../util/index.ts';
import { redactText, redactValue } from './redact.ts';

/** Bytes kept in memory before they are written. */
const MAX_BUFFER_BYTES = 64_000;
/** Milliseconds a line may wait for others. */
const FLUSH_DELAY_MS = 200;

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
		const line = `${formatLogLine({ at: this.#options.clock?.now() ?? SYSTEM_CLOCK.now(), level, message, details })}\n`;
		if (this.#options.mirrorToStderr) process.stderr.write(line);
		if (!this.#isOpen) {
			this.#isOpen = true;
			process.on('exit', this.#onExit);
		}
		this.#waiting.push(line);
		this.#waitingBytes += Buffer.byteLength(line);
		if (this.#waitingBytes >= MAX_BUFFER_BYTES) this.flush();
		else this.#timer ??= setTimeout(() => this.flush(), FLUSH_DELAY_MS).unref();
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

/** A lock this old was left behind: a rotation takes milliseconds. */
const STALE_AFTER_MS = 10_000;

/** How a log file grows and is rotated. */
export interface RotationOptions {
	path: string;
	/** Bytes at which the file is rotated. */
	maxBytes: number;
	/** Rotated files kept: `routing.log.1` is the newest. */
	maxFiles: number;
}

function isMissing(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function renameIfThere(from: string, to: string): void {
	try {
		renameSync(from, to);
	} catch (error) {
		if (!isMissing(error)) throw error;
	}
}

/** False when another process is rotating; a lock left behind is removed for the next attempt. */
function tryLock(lockFile: string): boolean {
	try {
		closeSync(openSync(lockFile, 'wx'));
		return true;
	} catch (error) {
		if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
		const found = statSync(lockFile, { throwIfNoEntry: false });
		if (found !== undefined && SYSTEM_CLOCK.now() - found.mtimeMs > STALE_AFTER_MS) rmSync(lockFile, { force: true });
		return false;
	}
}

/** True when the file would grow beyond its limit. An empty file takes a line of any length. */
function isFull(options: RotationOptions, nextBytes: number): boolean {
	const bytes = statSync(options.path, { throwIfNoEntry: false })?.size ?? 0;
	return bytes > 0 && bytes + nextBytes > options.maxBytes;
}

/**
 * Moves the file to `.1`, `.1` to `.2` and so on; the oldest goes. One process rotates at a time:
 * the others write on into the file they have, so no line is lost.
 */
function rotateFile(options: RotationOptions, nextBytes: number): void {
	const { path, maxFiles } = options;
	const lockFile = `${path}.lock`;
	if (!tryLock(lockFile)) return;
	try {
		// Another process may have rotated between our look and our lock.
		if (!isFull(options, nextBytes)) return;
		if (maxFiles === 0) {
			rmSync(path, { force: true });
			return;
		}
		for (let number = maxFiles - 1; number >= 1; number -= 1)
			renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
		renameIfThere(path, `${path}.1`);
	} finally {
		rmSync(lockFile, { force: true });
	}
}

const MAX_LINE_LENGTH = 16_000;

/** One thing to be logged. */
export interface LogLine {
	/** Epoch milliseconds. */
	at: number;
	level: LogLevel;
	message: string;
	details: unknown;
}

function safeDetails(details: unknown): unknown {
	try {
		return redactValue(details);
	} catch (error) {
		// A getter or proxy that throws must not reach the caller of a logger.
		return `[details could not be read: ${error instanceof Error ? error.name : typeof error}]`;
	}
}

/** One line of JSON without its end: time, level, message, details without secrets and prompt text. */
function formatLogLine(entry: LogLine): string {
	const head = {
		time: new Date(entry.at).toISOString(),
		level: entry.level,
		pid: process.pid,
		message: redactText(entry.message),
	};
	if (entry.details === undefined) return JSON.stringify(head);
	const line = JSON.stringify({ ...head, details: safeDetails(entry.details) });
	return line.length <= MAX_LINE_LENGTH ? line : JSON.stringify({ ...head, details: `[${line.length} characters]` });
}

/** True when lines of a level are wanted at a threshold. */
function isLogged(level: Exclude<LogLevel, 'silent'>, threshold: LogLevel): boolean {
	return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(threshold);
}

/** Takes every line and keeps none. */
export function createSilentLogger(): Logger {
	return { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
}

/** Passes on the lines of a level and of graver ones. */
export function filterLevel(logger: Logger, threshold: LogLevel): Logger {
	return {
		error: (message, details) => isLogged('error', threshold) && logger.error(message, details),
		warn: (message, details) => isLogged('warn', threshold) && logger.warn(message, details),
		info: (message, details) => isLogged('info', threshold) && logger.info(message, details),
		debug: (message, details) => isLogged('debug', threshold) && logger.debug(message, details),
	};
}

import { appendFileSync, closeSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, LOG_LEVELS, type Logger, type LogLevel } from '../contracts/index.ts';
import { SYSTEM_CLOCK } from '../util/index.ts';
import { redactText, redactValue } from './redact.ts';

/** Bytes buffered before they are written. */
const MAX_BUFFER_BYTES = 64_000;
/** Milliseconds a line may wait to be written with others. */
const FLUSH_DELAY_MS = 200;
/** Characters of a line; the details of a longer one are left out. */
const MAX_LINE_LENGTH = 16_000;
/** A rotation takes milliseconds: a lock this old is of a process that died. */
const STALE_LOCK_MS = 10_000;

/** When a log file is rotated. */
export interface RotationOptions {
	path: string;
	/** Bytes at which the file is rotated. */
	maxBytes: number;
	/** Rotated files kept: `routing.log.1` is the newest. */
	maxFiles: number;
}

/** Where and what a file logger writes. */
export interface FileLoggerOptions extends RotationOptions {
	level: LogLevel;
	/** Time of the lines. @default the system's */
	clock?: Pick<Clock, 'now'> | undefined;
	/** Also show every line on standard error. @default false */
	mirrorToStderr?: boolean | undefined;
}

/** A logger with a file behind it. */
export interface FileLogger extends Logger {
	/** Writes what is buffered. */
	flush(): void;
	/** Writes what is buffered and drops later lines. Idempotent. */
	close(): void;
}

/**
 * Logs lines of JSON to a file that is created with the first line and rotated at `maxBytes`; several processes may share it.
 * Lines hold neither secrets nor prompt text. Never throws: a file that cannot be written is reported once as a process warning.
 */
export function createFileLogger(options: FileLoggerOptions): FileLogger {
	return new BatchedFileLogger(options);
}

class BatchedFileLogger implements FileLogger {
	readonly #options: FileLoggerOptions;
	readonly #onExit = (): void => this.flush();
	#buffer: string[] = [];
	#bufferedBytes = 0;
	#timer: NodeJS.Timeout | undefined;
	#isListening = false;
	#isClosed = false;
	#hasWarned = false;

	constructor(options: FileLoggerOptions) {
		this.#options = options;
	}

	error(message: string, details?: unknown): void {
		this.#log('error', message, details);
		// the process may end without running exit handlers
		this.flush();
	}

	readonly warn = (message: string, details?: unknown): void => this.#log('warn', message, details);
	readonly info = (message: string, details?: unknown): void => this.#log('info', message, details);
	readonly debug = (message: string, details?: unknown): void => this.#log('debug', message, details);

	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#buffer.length === 0) return;
		const text = this.#buffer.join('');
		const bytes = this.#bufferedBytes;
		this.#buffer = [];
		this.#bufferedBytes = 0;
		this.#write(text, bytes);
	}

	close(): void {
		this.flush();
		this.#isClosed = true;
		process.off('exit', this.#onExit);
	}

	#log(level: Exclude<LogLevel, 'silent'>, message: string, details: unknown): void {
		const { clock = SYSTEM_CLOCK, level: threshold, mirrorToStderr } = this.#options;
		if (this.#isClosed || LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(threshold)) return;
		const head = { time: new Date(clock.now()).toISOString(), level, pid: process.pid, message: redactText(message) };
		const line = `${formatLogLine(head, details)}\n`;
		if (mirrorToStderr) process.stderr.write(line);
		if (!this.#isListening) {
			this.#isListening = true;
			process.on('exit', this.#onExit);
		}
		this.#buffer.push(line);
		this.#bufferedBytes += Buffer.byteLength(line);
		if (this.#bufferedBytes >= MAX_BUFFER_BYTES) this.flush();
		else this.#timer ??= setTimeout(() => this.flush(), FLUSH_DELAY_MS).unref();
	}

	/** Appends a batch at once, so that lines of several processes never mix. What cannot be written is dropped, with one warning. */
	#write(text: string, bytes: number): void {
		try {
			mkdirSync(dirname(this.#options.path), { recursive: true });
			if (isFull(this.#options, bytes)) rotateFile(this.#options, bytes);
			appendFileSync(this.#options.path, text, { mode: 0o600 });
		} catch (error) {
			if (this.#hasWarned) return;
			this.#hasWarned = true;
			const reason = error instanceof Error ? error.message : String(error);
			process.emitWarning(
				`The log ${this.#options.path} cannot be written (${reason}). Routing goes on without it; set another file with ROUTING_LOG_FILE.`,
				{ code: 'ROUTING_LOG' },
			);
		}
	}
}

function safeDetails(details: unknown): unknown {
	try {
		return redactValue(details);
	} catch (error) {
		// what a getter or proxy throws must not reach the caller of a logger
		return `[details could not be read: ${error instanceof Error ? error.name : typeof error}]`;
	}
}

/** One line of JSON without its end: time, level, message, details without secrets and prompt text. */
function formatLogLine(head: Readonly<Record<string, unknown>>, details: unknown): string {
	if (details === undefined) return JSON.stringify(head);
	const line = JSON.stringify({ ...head, details: safeDetails(details) });
	return line.length <= MAX_LINE_LENGTH ? line : JSON.stringify({ ...head, details: `[${line.length} characters]` });
}

/** True when the file would grow beyond its limit; an empty file never does. */
function isFull(options: RotationOptions, nextBytes: number): boolean {
	const bytes = statSync(options.path, { throwIfNoEntry: false })?.size ?? 0;
	return bytes > 0 && bytes + nextBytes > options.maxBytes;
}

/**
 * Renames the file to `.1`, `.1` to `.2` and so on; the oldest is removed. One process rotates at a time: the others
 * go on appending to the file, so no line is lost.
 */
function rotateFile(options: RotationOptions, nextBytes: number): void {
	const { path, maxFiles } = options;
	const lockFile = `${path}.lock`;
	if (!tryLock(lockFile)) return;
	try {
		// another process may have rotated before the lock was taken
		if (!isFull(options, nextBytes)) return;
		if (maxFiles === 0) rmSync(path, { force: true });
		for (let number = maxFiles - 1; number >= 1; number -= 1)
			renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
		if (maxFiles > 0) renameIfThere(path, `${path}.1`);
	} finally {
		rmSync(lockFile, { force: true });
	}
}

function hasCode(error: unknown, code: string): boolean {
	return error instanceof Error && 'code' in error && error.code === code;
}

function renameIfThere(from: string, to: string): void {
	try {
		renameSync(from, to);
	} catch (error) {
		if (!hasCode(error, 'ENOENT')) throw error;
	}
}

/** False when another process is rotating; a stale lock is removed for the next attempt. */
function tryLock(lockFile: string): boolean {
	try {
		closeSync(openSync(lockFile, 'wx'));
		return true;
	} catch (error) {
		if (!hasCode(error, 'EEXIST')) throw error;
		const lock = statSync(lockFile, { throwIfNoEntry: false });
		if (lock !== undefined && SYSTEM_CLOCK.now() - lock.mtimeMs > STALE_LOCK_MS) rmSync(lockFile, { force: true });
		return false;
	}
}

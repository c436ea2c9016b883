import { appendFileSync, close, closeSync, fstatSync, mkdirSync, open, openSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { LoggerOptions, Logger as PinoLogger } from 'pino';
import { type Clock, LOG_LEVELS, type Logger, type LogLevel } from '../contracts/index.ts';
import { escapeLines, SYSTEM_CLOCK } from '../util/index.ts';
import { redactText, redactValue } from './redact.ts';

/** Characters of a line's details; longer ones are left out. */
const MAX_DETAILS_LENGTH = 16_000;

type LineLevel = Exclude<LogLevel, 'silent'>;

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
	/** Resolves when pino is loaded and no rotation is under way. Lines need no flush: each is written as it is logged. */
	settled(): Promise<void>;
	/** Drops later lines. Idempotent. */
	close(): Promise<void>;
}

/**
 * Logs lines of JSON to a file that is created with the first line and rotated from `maxBytes` on; several processes may
 * share it. Lines hold neither secrets nor prompt text. Never throws: a file that cannot be written is reported once as a
 * process warning.
 */
export function createFileLogger(options: FileLoggerOptions): FileLogger {
	const { clock = SYSTEM_CLOCK, level: threshold, mirrorToStderr, path } = options;
	const warnings = new Set<string>();
	const warn =
		(what: string) =>
		(error: unknown): void => {
			if (warnings.has(what)) return;
			warnings.add(what);
			const reason = error instanceof Error ? error.message : String(error);
			process.emitWarning(`${what} (${reason}). ${ADVICE}`, { code: 'ROUTING_LOG' });
		};
	const file = new RotatingFile(options, warn(`The log ${path} cannot be written`));
	const write = (json: string): void => {
		const line = escapeLines(json);
		if (mirrorToStderr) process.stderr.write(line);
		file.write(line);
	};
	let pino: PinoLogger | null = null;
	let loading: Promise<void> | null = null;
	const load = async (): Promise<void> => {
		pino = (await import('pino')).pino(PINO_OPTIONS, { write });
	};
	const log = (level: LineLevel, message: string, details: unknown): void => {
		if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(threshold)) return;
		const fields = {
			time: new Date(clock.now()).toISOString(),
			...(details !== undefined && { details: toSafeDetails(details) }),
		};
		if (pino === null) {
			// pino loads with the first line: who logs nothing does not load it, and no line waits for it
			loading ??= load().catch(warn('pino cannot be loaded'));
			write(`${JSON.stringify({ level, pid: process.pid, ...fields, message: redactText(message) })}\n`);
		} else pino[level](fields, redactText(message));
	};
	return {
		error: (message, details) => log('error', message, details),
		warn: (message, details) => log('warn', message, details),
		info: (message, details) => log('info', message, details),
		debug: (message, details) => log('debug', message, details),
		async settled() {
			await loading;
			await file.settled();
		},
		close: () => file.close(),
	};
}

const ADVICE = 'Routing goes on without it; set another file with ROUTING_LOG_FILE.';

/** Lines that are filtered, timed and redacted already, as objects of JSON with a word as level. */
const PINO_OPTIONS: LoggerOptions = {
	level: 'debug',
	base: { pid: process.pid },
	timestamp: false,
	messageKey: 'message',
	formatters: { level: (level) => ({ level }) },
};

/** The details without secrets and prompt text; what a getter or proxy throws must not reach the caller of a logger. */
function toSafeDetails(details: unknown): unknown {
	try {
		const safe = redactValue(details);
		const { length } = JSON.stringify(safe) ?? '';
		return length <= MAX_DETAILS_LENGTH ? safe : `[${length} characters]`;
	} catch (error) {
		return `[details could not be read: ${error instanceof Error ? error.name : typeof error}]`;
	}
}

/** Milliseconds and bytes written after which the file is looked at again. */
const LOOK_AFTER_MS = 1000;
const LOOK_AFTER_BYTES = 65_536;
/** A rotation takes milliseconds: a lock this old is of a process that died. */
const STALE_LOCK_MS = 10_000;
/** Logs are for the user who runs the process. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** When a log file is rotated. */
export interface RotationOptions {
	path: string;
	/** Bytes from which on the file is rotated; lines that are written meanwhile still go to it. */
	maxBytes: number;
	/** Rotated files kept: `routing.log.1` is the newest. */
	maxFiles: number;
}

/**
 * A file of lines that several processes may append to. A line is one write to an open descriptor, so that it outlives
 * the process however that ends. Looking at the file, rotating it, and following a rotation by another process happen
 * off the event loop.
 */
class RotatingFile {
	readonly #options: RotationOptions;
	readonly #onError: (error: unknown) => void;
	#descriptor: number | null = null;
	#bytesSinceLook = Number.POSITIVE_INFINITY;
	#lookedAt = 0;
	#look: Promise<void> | null = null;
	#isClosed = false;

	/** Creates no file: the first line does. `onError` gets what the file system refuses; the line is lost then. */
	constructor(options: RotationOptions, onError: (error: unknown) => void) {
		this.#options = options;
		this.#onError = onError;
	}

	/** Appends a line with its end. Never throws. */
	write(line: string): void {
		if (this.#isClosed) return;
		try {
			this.#descriptor ??= this.#create();
			appendFileSync(this.#descriptor, line);
		} catch (error) {
			this.#onError(error);
			return;
		}
		this.#bytesSinceLook += Buffer.byteLength(line);
		const isDue = this.#bytesSinceLook >= Math.min(LOOK_AFTER_BYTES, this.#options.maxBytes / 16);
		if (isDue || SYSTEM_CLOCK.monotonic() - this.#lookedAt > LOOK_AFTER_MS) this.#look ??= this.#lookAtFile();
	}

	/** Resolves when no rotation is under way. */
	async settled(): Promise<void> {
		await this.#look;
	}

	/** Drops later lines. Idempotent. */
	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#look;
		if (this.#descriptor !== null) closeSync(this.#descriptor);
		this.#descriptor = null;
	}

	#create(): number {
		mkdirSync(dirname(this.#options.path), { recursive: true, mode: FOLDER_MODE });
		return openSync(this.#options.path, 'a', FILE_MODE);
	}

	/** Rotates the file when it is full, and opens the one that is at the path now. */
	async #lookAtFile(): Promise<void> {
		this.#bytesSinceLook = 0;
		this.#lookedAt = SYSTEM_CLOCK.monotonic();
		try {
			if (await isFull(this.#options)) await rotate(this.#options);
			const before = this.#descriptor;
			if (before === null || (await getInode(this.#options.path)) === fstatSync(before).ino) return;
			await mkdir(dirname(this.#options.path), { recursive: true, mode: FOLDER_MODE });
			this.#descriptor = await promisify(open)(this.#options.path, 'a', FILE_MODE);
			await promisify(close)(before);
		} catch (error) {
			this.#onError(error);
		} finally {
			this.#look = null;
		}
	}
}

async function isFull({ path, maxBytes }: RotationOptions): Promise<boolean> {
	const file = await orNull(stat(path), 'ENOENT');
	return file !== null && file.size >= maxBytes;
}

async function getInode(path: string): Promise<number | null> {
	return (await orNull(stat(path), 'ENOENT'))?.ino ?? null;
}

/**
 * Renames the file to `.1`, `.1` to `.2` and so on; the oldest is overwritten. One process rotates at a time: the others
 * go on appending to the file, so no line is lost.
 */
async function rotate(options: RotationOptions): Promise<void> {
	const { path, maxFiles } = options;
	const lock = `${path}.lock`;
	if (!(await tryLock(lock))) return;
	try {
		// another process may have rotated before the lock was taken
		if (!(await isFull(options))) return;
		if (maxFiles === 0) await rm(path, { force: true });
		for (let number = maxFiles - 1; number >= 0; number -= 1) {
			const from = number === 0 ? path : `${path}.${number}`;
			await orNull(rename(from, `${path}.${number + 1}`), 'ENOENT');
		}
	} finally {
		await rm(lock, { force: true });
	}
}

/** False when another process is rotating; a stale lock is removed for the next attempt. */
async function tryLock(lock: string): Promise<boolean> {
	const isFree = (await orNull(writeFile(lock, '', { flag: 'wx', mode: FILE_MODE }), 'EEXIST')) !== null;
	if (isFree) return true;
	const held = await orNull(stat(lock), 'ENOENT');
	if (held !== null && SYSTEM_CLOCK.now() - held.mtimeMs > STALE_LOCK_MS) await rm(lock, { force: true });
	return false;
}

/** What the file system answers; `null` where it refuses with a code that is expected. */
async function orNull<Value>(answer: Promise<Value>, expectedCode: string): Promise<Value | null> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === expectedCode) return null;
		throw error;
	}
}

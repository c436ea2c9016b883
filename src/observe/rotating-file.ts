import { appendFileSync, close, closeSync, fstatSync, mkdirSync, open, openSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { SYSTEM_CLOCK } from '../util/index.ts';

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
export class RotatingFile {
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

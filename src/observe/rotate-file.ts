import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';

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
		if (found !== undefined && Date.now() - found.mtimeMs > STALE_AFTER_MS) rmSync(lockFile, { force: true });
		return false;
	}
}

/** True when the file would grow beyond its limit. An empty file takes a line of any length. */
export function isFull(options: RotationOptions, nextBytes: number): boolean {
	const bytes = statSync(options.path, { throwIfNoEntry: false })?.size ?? 0;
	return bytes > 0 && bytes + nextBytes > options.maxBytes;
}

/**
 * Moves the file to `.1`, `.1` to `.2` and so on; the oldest goes. One process rotates at a time:
 * the others write on into the file they have, so no line is lost.
 */
export function rotateFile(options: RotationOptions, nextBytes: number): void {
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

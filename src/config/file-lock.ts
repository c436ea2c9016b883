import { linkSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from './describe-system-error.ts';

/** A lock this old was left behind: an edit takes milliseconds. */
const STALE_AFTER_MS = 10_000;

/** True when the error says that the thing is already there. */
function isTaken(error: unknown): boolean {
	return systemErrorCode(error) === 'EEXIST';
}

/** Age in milliseconds; `null` when the lock is gone. */
function ageOf(lockFile: string): number | null {
	const found = statSync(lockFile, { throwIfNoEntry: false });
	return found === undefined ? null : Date.now() - found.mtimeMs;
}

/** Moves a lock that was left behind out of the way. A lock that turns out to be a live one is put back. */
function removeStale(lockFile: string, token: string): void {
	const aside = `${lockFile}.${token}.stale`;
	try {
		renameSync(lockFile, aside);
	} catch (error) {
		if (systemErrorCode(error) === 'ENOENT') return;
		throw error;
	}
	try {
		if ((ageOf(aside) ?? Number.POSITIVE_INFINITY) < STALE_AFTER_MS) linkSync(aside, lockFile);
	} catch (error) {
		if (!isTaken(error)) throw error;
	} finally {
		unlinkSync(aside);
	}
}

/** Tries once to take the lock; makes the folder. False when another process holds it. */
export function tryLock(lockFile: string, token: string): boolean {
	mkdirSync(dirname(lockFile), { recursive: true });
	try {
		writeFileSync(lockFile, token, { flag: 'wx' });
		return true;
	} catch (error) {
		if (!isTaken(error)) throw error;
	}
	const age = ageOf(lockFile);
	if (age !== null && age > STALE_AFTER_MS) removeStale(lockFile, token);
	return false;
}

/** True while the lock is still the one that was taken. */
export function holdsLock(lockFile: string, token: string): boolean {
	try {
		return readFileSync(lockFile, 'utf8') === token;
	} catch (error) {
		if (systemErrorCode(error) === 'ENOENT') return false;
		throw error;
	}
}

/** Gives the lock back; does nothing when it is no longer ours. */
export function unlock(lockFile: string, token: string): void {
	if (holdsLock(lockFile, token)) unlinkSync(lockFile);
}

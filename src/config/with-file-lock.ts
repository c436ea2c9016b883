import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidConfigError } from '../errors/index.ts';
import { SYSTEM_CLOCK } from '../util/index.ts';
import { getSystemErrorCode } from './config-file.ts';

/** Milliseconds to wait for another process that is editing the same file. */
const LOCK_TIMEOUT_MS = 15_000;
const LOCK_POLL_INTERVAL_MS = 20;
/** A lock this old was left behind: an edit takes milliseconds. */
const STALE_LOCK_MS = 10_000;

/** Whether a file operation worked; false where it failed with this code of the system. */
function succeeds(work: () => void, code: 'EEXIST' | 'ENOENT'): boolean {
	try {
		work();
		return true;
	} catch (error) {
		if (getSystemErrorCode(error) === code) return false;
		throw error;
	}
}

function isStale(lockFile: string): boolean {
	const stats = statSync(lockFile, { throwIfNoEntry: false });
	return stats !== undefined && SYSTEM_CLOCK.now() - stats.mtimeMs > STALE_LOCK_MS;
}

/** Moves a lock that was left behind out of the way. One that turns out to be live is put back. */
function removeStale(lockFile: string, token: string): void {
	const aside = `${lockFile}.${token}.stale`;
	if (!succeeds(() => renameSync(lockFile, aside), 'ENOENT')) return;
	if (!isStale(aside)) succeeds(() => linkSync(aside, lockFile), 'EEXIST');
	unlinkSync(aside);
}

/**
 * Runs work while no other process does so for the same file, by a lock file beside it. The work is given a function that
 * says whether the lock is still held: a process that was suspended for over ten seconds has lost it.
 * @throws InvalidConfigError when another process keeps the lock for 15 seconds
 */
export async function withFileLock<Result>(path: string, work: (holdsLock: () => boolean) => Result): Promise<Result> {
	const lockFile = `${path}.lock`;
	const token = randomUUID();
	const deadline = SYSTEM_CLOCK.now() + LOCK_TIMEOUT_MS;
	while (!succeeds(() => writeFileSync(lockFile, token, { flag: 'wx', mode: 0o600 }), 'EEXIST')) {
		if (isStale(lockFile)) removeStale(lockFile, token);
		else if (SYSTEM_CLOCK.now() < deadline) await sleep(LOCK_POLL_INTERVAL_MS);
		else {
			const message = 'another process is editing the file. Try again; if none is running, remove this lock file';
			throw new InvalidConfigError([{ path: lockFile, message }]);
		}
	}
	const holdsLock = (): boolean => {
		let holder = '';
		const isThere = succeeds(() => {
			holder = readFileSync(lockFile, 'utf8');
		}, 'ENOENT');
		return isThere && holder === token;
	};
	try {
		return work(holdsLock);
	} finally {
		if (holdsLock()) unlinkSync(lockFile);
	}
}

import { randomUUID } from 'node:crypto';
import {
	closeSync,
	fchmodSync,
	fsyncSync,
	linkSync,
	mkdirSync,
	openSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConfigIssue, InvalidConfigError } from '../errors/index.ts';
import { formatPath, SYSTEM_CLOCK } from '../util/index.ts';
import { describeSystemError, getSystemErrorCode, readConfigFile } from './config-file.ts';
import { copyPlain, mergeConfig } from './merge-config.ts';
import type { ConfigLayer } from './switchyard-config.ts';
import {
	type ConfigDefaults,
	completeConfig,
	createDefaultLayer,
	deriveCostsFromRates,
	validateLayer,
} from './validate-config.ts';

/** Milliseconds an edit waits for another process that is editing the same file. */
const LOCK_TIMEOUT_MS = 15_000;
const LOCK_POLL_INTERVAL_MS = 20;

/** Changes what the file says; gets a copy and may change it or answer with another. */
export type ConfigEdit = (current: ConfigLayer) => ConfigLayer;

/** How an edit is checked before it is written. */
interface UpdateConfigOptions {
	/** With them the edit is refused, too, when the whole configuration would no longer hold together. */
	defaults?: ConfigDefaults;
}

function refuse(path: string, message: string, cause?: unknown): InvalidConfigError {
	return new InvalidConfigError([{ path, message }], cause === undefined ? {} : { cause });
}

/** The file behind a link, so that an edit keeps the link. */
function resolveLink(path: string): string {
	return tolerate('ENOENT', path, () => realpathSync(path));
}

/** What the work returns, or `otherwise` where it fails with this code of the system. */
function tolerate<Value>(code: string, otherwise: Value, work: () => Value): Value {
	try {
		return work();
	} catch (error) {
		if (getSystemErrorCode(error) === code) return otherwise;
		throw error;
	}
}

function syncFolder(folder: string): void {
	// Windows cannot open folders; there the rename alone has to do.
	if (process.platform === 'win32') return;
	const descriptor = openSync(folder, 'r');
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}

/** Writes beside the file and renames over it: a reader sees the old text or the new one, never half. */
function replaceFile(path: string, text: string): void {
	const temporary = `${path}.${randomUUID()}.tmp`;
	const mode = statSync(path, { throwIfNoEntry: false })?.mode;
	try {
		const descriptor = openSync(temporary, 'wx');
		try {
			if (mode !== undefined) fchmodSync(descriptor, mode & 0o7777);
			writeFileSync(descriptor, text);
			fsyncSync(descriptor);
		} finally {
			closeSync(descriptor);
		}
		renameSync(temporary, path);
	} finally {
		rmSync(temporary, { force: true });
	}
	syncFolder(dirname(path));
}

function findIssues(path: string, layer: ConfigLayer, defaults: ConfigDefaults | undefined): ConfigIssue[] {
	const { issues } = validateLayer(layer, path);
	if (issues.length > 0 || defaults === undefined) return issues;
	const whole = completeConfig(mergeConfig(createDefaultLayer(defaults), deriveCostsFromRates(layer)));
	if ('config' in whole) return [];
	return whole.issues.map((issue) => ({ path: `${path}: ${formatPath(issue.path)}`, message: issue.message }));
}

/** The indentation of the file, two blanks when it has none. */
function detectIndentation(text: string): string {
	return /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
}

/** The edited layer and the text that says it. @throws InvalidConfigError when the file is broken or the result would be */
function applyEdit(
	path: string,
	edit: ConfigEdit,
	{ defaults }: UpdateConfigOptions,
): { layer: ConfigLayer; text: string } {
	const current = readConfigFile(path);
	if (current.issues.length > 0) throw new InvalidConfigError(current.issues);
	const layer = copyPlain(edit(structuredClone(current.layer)));
	const issues = findIssues(path, layer, defaults);
	if (issues.length > 0) throw new InvalidConfigError(issues);
	return { layer, text: `${JSON.stringify(layer, null, detectIndentation(current.text))}\n` };
}

async function acquireLock(lockFile: string, token: string): Promise<void> {
	const attempts = Math.ceil(LOCK_TIMEOUT_MS / LOCK_POLL_INTERVAL_MS);
	for (let attempt = 0; attempt < attempts; attempt += 1) {
		if (tryLock(lockFile, token)) return;
		await sleep(LOCK_POLL_INTERVAL_MS);
	}
	throw refuse(lockFile, 'another process is editing the file. Try again; if none is running, remove this lock file');
}

/**
 * Edits a config file in one step: nothing is written unless the result is valid, and two edits at the same time
 * both take effect. Makes folder and file when missing; keeps the order of keys, the indentation and the file's mode.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) when the file is broken, the result would be, or it cannot be written
 */
export async function updateConfigFile(
	path: string,
	edit: ConfigEdit,
	options: UpdateConfigOptions = {},
): Promise<ConfigLayer> {
	const token = randomUUID();
	try {
		mkdirSync(dirname(path), { recursive: true });
		const target = resolveLink(path);
		const lockFile = `${target}.lock`;
		await acquireLock(lockFile, token);
		try {
			const { layer, text } = applyEdit(target, edit, options);
			if (!holdsLock(lockFile, token)) throw refuse(path, 'the edit took too long and was given up. Try again');
			replaceFile(target, text);
			return layer;
		} finally {
			releaseLock(lockFile, token);
		}
	} catch (error) {
		if (getSystemErrorCode(error)?.startsWith('E') && !(error instanceof InvalidConfigError))
			throw refuse(path, `cannot be written: ${describeSystemError(error)}`, error);
		throw error;
	}
}

/** A lock this old was left behind: an edit takes milliseconds. */
const STALE_LOCK_MS = 10_000;

/** Age in milliseconds; `null` when the lock is gone. */
function getLockAgeMs(lockFile: string): number | null {
	const stats = statSync(lockFile, { throwIfNoEntry: false });
	return stats === undefined ? null : SYSTEM_CLOCK.now() - stats.mtimeMs;
}

/** Moves a lock that was left behind out of the way. A lock that turns out to be a live one is put back. */
function removeStale(lockFile: string, token: string): void {
	const aside = `${lockFile}.${token}.stale`;
	const isMoved = tolerate('ENOENT', false, () => {
		renameSync(lockFile, aside);
		return true;
	});
	if (!isMoved) return;
	try {
		if ((getLockAgeMs(aside) ?? Number.POSITIVE_INFINITY) < STALE_LOCK_MS)
			tolerate('EEXIST', undefined, () => linkSync(aside, lockFile));
	} finally {
		unlinkSync(aside);
	}
}

/** Tries once to take the lock; false when another process holds it. */
function tryLock(lockFile: string, token: string): boolean {
	const isTaken = tolerate('EEXIST', false, () => {
		writeFileSync(lockFile, token, { flag: 'wx' });
		return true;
	});
	const age = isTaken ? null : getLockAgeMs(lockFile);
	if (age !== null && age > STALE_LOCK_MS) removeStale(lockFile, token);
	return isTaken;
}

/** True while the lock is still the one that was taken. */
function holdsLock(lockFile: string, token: string): boolean {
	return tolerate('ENOENT', false, () => readFileSync(lockFile, 'utf8') === token);
}

/** Does nothing when the lock is no longer the one that was taken. */
function releaseLock(lockFile: string, token: string): void {
	if (holdsLock(lockFile, token)) unlinkSync(lockFile);
}

import { createHmac, hash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AlertTargets } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { BoundedMap } from '../util/index.ts';
import { type Environment, readVariable } from './environment.ts';

/** Alert targets with the secret that the configuration refers to. Holds a secret: never log it. */
interface ResolvedAlertTargets {
	webhook?: { url: string; secret: string | null };
	command?: readonly string[];
}

function readSecret(reference: string | undefined, environment: Environment): string | null {
	if (reference === undefined) return null;
	return readVariable(environment, reference.replace(/^env:/, '')) ?? null;
}

/** Where alerts go; `null` when nowhere. */
export function resolveAlertTargets(
	notify: AlertTargets | undefined,
	environment: Environment,
): ResolvedAlertTargets | null {
	const { webhook, command } = notify ?? {};
	if (webhook === undefined && command === undefined) return null;
	return {
		...(webhook && { webhook: { url: webhook.url, secret: readSecret(webhook.secret, environment) } }),
		...(command && { command }),
	};
}

/** A warning when the secret of the webhook is not set: alerts would be unsigned. */
export function findMissingAlertSecret(notify: AlertTargets | undefined, environment: Environment): ConfigIssue[] {
	const reference = notify?.webhook?.secret;
	if (reference === undefined || readSecret(reference, environment) !== null) return [];
	const message = `needs the environment variable ${reference.replace(/^env:/, '')}, which is not set: alerts are sent unsigned`;
	return [{ path: 'budget.notify.webhook.secret', message }];
}

const KEY_BYTES = 24;

function readKey(path: string): string | null {
	try {
		const key = readFileSync(path, 'utf8').trim();
		return key === '' ? null : key;
	} catch {
		// Not there yet, or not to be read: the caller makes one.
		return null;
	}
}

/**
 * Makes a folder for what is this machine's own (database, keys, logs): its owner's alone, and nothing in it is committed.
 * A folder that is there is left as it is. @throws what mkdir throws
 */
export function makePrivateFolder(path: string): void {
	if (existsSync(path)) return;
	mkdirSync(path, { recursive: true, mode: 0o700 });
	ignoreFolder(path);
}

/** Keeps everything in a folder from being committed. @throws what writing a file throws */
export function ignoreFolder(path: string): void {
	const text = '# made by switchyard: what is in here belongs to this machine\n*\n';
	writeFileSync(join(path, '.gitignore'), text, { mode: 0o600 });
}

/**
 * The key of the hashes that stand for tasks, kept beside the database. Where it cannot be kept a new one is made for this
 * process, and its hashes compare with no others.
 */
export function loadHashKey(databaseFile: string): string {
	const path = `${databaseFile}.key`;
	const fresh = randomBytes(KEY_BYTES).toString('hex');
	if (databaseFile === ':memory:') return fresh;
	const known = readKey(path);
	if (known !== null) return known;
	try {
		makePrivateFolder(dirname(path));
		// `wx`: of several processes that start at once, one writes and the others read what it wrote.
		writeFileSync(path, `${fresh}\n`, { flag: 'wx', mode: 0o600 });
		return fresh;
	} catch {
		return readKey(path) ?? fresh;
	}
}

/**
 * The hash that stands for a task's text: HMAC-SHA-256 under the database's key, hexadecimal. Without the key a short task
 * cannot be found by hashing guesses. The key is read, or made, with the first task.
 */
export function createTaskHasher(databaseFile: string): (text: string) => string {
	let hasher: ((text: string) => string) | null = null;
	const known = new BoundedMap<string, string>(MAX_KNOWN_TEXTS);
	return (text) => {
		const hashed = known.get(text);
		if (hashed !== undefined) return hashed;
		hasher ??= createHmacSha256(loadHashKey(databaseFile));
		const made = hasher(text);
		if (text.length <= MAX_KNOWN_CHARACTERS) known.set(text, made);
		return made;
	};
}

/** Texts whose hash is remembered, and their length: each call of an agent's loop is made for the same ask. */
const [MAX_KNOWN_TEXTS, MAX_KNOWN_CHARACTERS] = [200, 4000];

/** Bytes of SHA-256's block, and of its digest. */
const [BLOCK_BYTES, DIGEST_BYTES] = [64, 32];
/** UTF-8 bytes of a text up to which no hash object is made; a character takes at most three. */
const MAX_ONE_SHOT_BYTES = 16 * 1024;
const MAX_BYTES_PER_CHARACTER = 3;

/**
 * HMAC-SHA-256 by its definition (RFC 2104), of two hashes in one call each: the objects that `createHmac` makes for every
 * text cost a small request more than the hashing does.
 */
function createHmacSha256(key: string): (text: string) => string {
	const secret = Buffer.byteLength(key) > BLOCK_BYTES ? hash('sha256', key, 'buffer') : Buffer.from(key);
	const block = Buffer.alloc(BLOCK_BYTES);
	secret.copy(block);
	const inner = Buffer.alloc(BLOCK_BYTES + MAX_ONE_SHOT_BYTES);
	const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
	for (const [index, byte] of block.entries()) {
		inner[index] = byte ^ 0x36;
		outer[index] = byte ^ 0x5c;
	}
	return (text) => {
		if (text.length * MAX_BYTES_PER_CHARACTER > MAX_ONE_SHOT_BYTES)
			return createHmac('sha256', key).update(text).digest('hex');
		const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES);
		outer.write(hash('sha256', inner.subarray(0, end), 'hex'), BLOCK_BYTES, 'hex');
		return hash('sha256', outer, 'hex');
	};
}

import {
	type AuditAuthor,
	COMMIT_POINTS,
	type CommitPoint,
	KEY_SCOPES,
	type KeyLimits,
	type KeyScope,
	type KeyStore,
	type VirtualKey,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, findHiddenCharacter, HOUR_MS, MINUTE_MS } from '../../util/index.ts';
import { createToken, formatToken, hashSecret } from './key-ring.ts';

const MAX_NAME_CHARACTERS = 100;
const MAX_NAMES = 100;

/** The properties of a new key. */
export interface KeyRequest {
	name: string;
	/** @default ['route'] */
	scopes?: readonly KeyScope[] | undefined;
	team?: string | undefined;
	tags?: readonly string[] | undefined;
	limits?: KeyLimits | undefined;
	/** Names or aliases. @default all */
	allowedModels?: readonly string[] | undefined;
	/** When streams of its requests are committed, unless one says so itself. @default as `gateway.streams.commit` has it */
	commit?: CommitPoint | undefined;
	/** Milliseconds from now. @default never */
	lifetimeMs?: number | undefined;
}

/** A key with its token, which is known this one time only. */
interface IssuedKey {
	key: VirtualKey;
	/** What the caller sends. It is stored nowhere. */
	token: string;
}

function checkName(value: string, what: string): string {
	const name = value.trim();
	const hidden = findHiddenCharacter(name);
	// it would let a name add lines to reports and logs, or change what stands beside it there
	if (hidden !== null)
		throw new InvalidInputError(`The ${what} of a key holds the control character ${hidden}. Leave it out.`);
	if (name !== '' && name.length <= MAX_NAME_CHARACTERS) return name;
	throw new InvalidInputError(
		`The ${what} of a key needs 1 to ${MAX_NAME_CHARACTERS} characters of text; given were ${value.length}.`,
	);
}

function checkNames(values: readonly string[], what: string): string[] {
	if (values.length <= MAX_NAMES) return [...new Set(values.map((value) => checkName(value, what)))];
	throw new InvalidInputError(`A key takes at most ${MAX_NAMES} values as ${what}; given were ${values.length}.`);
}

function checkLimits(limits: KeyLimits): KeyLimits {
	for (const [name, value] of Object.entries(limits))
		if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
			throw new InvalidInputError(`The limit ${name} is ${value}. Give a whole number of 1 or more, or leave it out.`);
	const { requestsPerMinute, tokensPerMinute, maxParallel } = limits;
	return { requestsPerMinute, tokensPerMinute, maxParallel };
}

function checkScopes(scopes: readonly KeyScope[]): KeyScope[] {
	const known = KEY_SCOPES.filter((scope) => scopes.includes(scope));
	if (known.length > 0 && scopes.every((scope) => KEY_SCOPES.includes(scope))) return known;
	throw new InvalidInputError(`A key needs scopes among ${KEY_SCOPES.join(', ')}.`);
}

function checkLifetime(lifetimeMs: number | undefined): number | null {
	if (lifetimeMs === undefined) return null;
	if (Number.isFinite(lifetimeMs) && lifetimeMs > 0) return lifetimeMs;
	throw new InvalidInputError(`A lifetime of ${lifetimeMs} ms is none. Give a positive time, or leave it out.`);
}

function checkCommit(commit: CommitPoint): CommitPoint {
	if (COMMIT_POINTS.includes(commit)) return commit;
	throw new InvalidInputError(`The commit point of a key must be ${COMMIT_POINTS.join(' or ')}.`);
}

/** Makes a key without storing it, for callers that need its id first. @throws InvalidInputError */
export function prepareKey(request: KeyRequest, now: number): IssuedKey {
	const token = createToken();
	const lifetimeMs = checkLifetime(request.lifetimeMs);
	const key: VirtualKey = {
		id: token.id,
		secretHash: hashSecret(token.secret),
		name: checkName(request.name, 'name'),
		scopes: checkScopes(request.scopes ?? ['route']),
		team: request.team === undefined ? null : checkName(request.team, 'team'),
		tags: checkNames(request.tags ?? [], 'tag'),
		limits: checkLimits(request.limits ?? {}),
		allowedModels: request.allowedModels === undefined ? null : checkNames(request.allowedModels, 'model'),
		...(request.commit !== undefined && { commit: checkCommit(request.commit) }),
		createdAt: now,
		expiresAt: lifetimeMs === null ? null : now + lifetimeMs,
		revokedAt: null,
	};
	return { key, token: formatToken(token) };
}

/** Makes a key and stores it. The token cannot be retrieved later. @throws InvalidInputError */
export async function createKey(
	store: KeyStore,
	request: KeyRequest,
	now: number,
	author?: AuditAuthor,
): Promise<IssuedKey> {
	const issued = prepareKey(request, now);
	await store.add(issued.key, author);
	return issued;
}

/** Gives a key another secret; the old one stops working in every process within seconds. `null` for a key that is unknown, revoked or expired. */
export async function rotateKey(store: KeyStore, id: string, author?: AuditAuthor): Promise<IssuedKey | null> {
	const { secret } = createToken();
	const secretHash = hashSecret(secret);
	const isRotated = await store.rotate(id, secretHash, author);
	const key = isRotated ? await store.find(id) : null;
	return key === null ? null : { key, token: formatToken({ id, secret }) };
}

const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };
const MAX_LIFETIME_MS = 100 * 366 * DAY_MS;

/** `30d`, `12h`, `90m`, `4w` → milliseconds. @throws InvalidInputError */
export function parseLifetime(text: string): number {
	const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
	// not a number without a match
	const lifetimeMs = Number(count) * Number(UNIT_MS[String(unit)]);
	if (lifetimeMs > 0 && lifetimeMs <= MAX_LIFETIME_MS) return lifetimeMs;
	throw new InvalidInputError(
		`"${text.slice(0, 40)}" is not a lifetime. Write a number and m, h, d or w, e.g. 30d or 12h, up to 100 years.`,
	);
}

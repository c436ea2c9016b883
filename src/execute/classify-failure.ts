import type { FailureAction, FailureKind } from '../contracts/index.ts';
import { ACTION_BY_FAILURE, FAILURE_BY_STATUS, FAILURE_BY_WORD, FAILURE_REFINEMENTS } from './failure-rules.ts';
import { type LimitHint, readLimitHint, readResetWait } from './retry-delay.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';

/** What a failure is, and what to do next. */
export interface ClassifiedFailure extends LimitHint {
	kind: FailureKind;
	action: FailureAction;
	/** HTTP status, where there was one. */
	status?: number | undefined;
	/** How long the model should be left alone, in milliseconds; absent when it need not be. */
	cooldownMs?: number | undefined;
	/** The answer may have been billed, so that the same target is asked once more at most. */
	isBilled?: boolean;
}

/** What the meaning of a failure depends on besides the failure. */
interface ClassifyFailureOptions {
	/** Epoch milliseconds, to which dates in headers are compared. */
	now: number;
	/** @default DEFAULT_RETRY_POLICY */
	policy?: CooldownPolicy;
	/** Whether a refusal on grounds of content may be taken to the next model. @default false */
	isContentPolicyFallbackEnabled?: boolean;
}

/**
 * Decides what a failed call was and what follows: from HTTP status, the provider's error type, the network's
 * error code, headers; from the text only where providers leave nothing else. Never throws.
 */
export function classifyFailure(error: unknown, options: ClassifyFailureOptions): ClassifiedFailure {
	const signs = readFailureSignals(error);
	const hint = readLimitHint(signs.headers, signs.text, options.now);
	hint.retryAfterMs = signs.retryAfterMs ?? hint.retryAfterMs;
	const kind = getFailureKind(signs, hint);
	if (kind === 'rate-limit') hint.retryAfterMs ??= readResetWait(signs.headers, options.now);
	const status = signs.status ?? undefined;
	const failure: ClassifiedFailure = { kind, action: ACTION_BY_FAILURE[kind], ...hint, status };
	// The provider knows that the same call would fail again; an answer that cannot be read has been billed already.
	const isKnownToRepeat = signs.headers.get('x-should-retry') === 'false' || signs.words.has(UNREADABLE_ANSWER);
	if (failure.action === 'retry' && isKnownToRepeat) failure.action = 'next-model';
	if (signs.words.has(EMPTY_ANSWER)) failure.isBilled = true;
	// another model may have a place for what this one has none for
	if (signs.words.has(UNCARRIED_REQUEST)) failure.action = 'next-model';
	if (kind === 'content-policy' && options.isContentPolicyFallbackEnabled === true) failure.action = 'next-model';
	failure.cooldownMs = getCooldownMs(failure, options.policy ?? DEFAULT_RETRY_POLICY);
	return failure;
}

function getFailureKind(signs: FailureSignals, hint: LimitHint): FailureKind {
	const { status } = signs;
	const byWord = getKindByWord(signs.words);
	// What this package's own errors and an abort mean does not depend on a status further down the causes.
	if (signs.words.has('ROUTER_ATTEMPT_TIMEOUT')) return 'timeout';
	if (byWord === 'aborted') return byWord;
	const refined = FAILURE_REFINEMENTS.find(
		(rule) =>
			(status === null ? rule.needsStatus !== true : rule.statuses.includes(status)) && rule.text.test(signs.text),
	);
	// Google calls a limit per minute a quota too, but says when it ends; no other refinement comes with a 429.
	const isPassing = status === 429 && hint.retryAfterMs !== undefined && !signs.words.has('insufficient_quota');
	if (status === null) return byWord ?? refined?.kind ?? 'unknown';
	if (refined !== undefined && !isPassing) return refined.kind;
	if (byWord !== null && SHARPER_THAN_STATUS.has(byWord)) return byWord;
	return getKindByStatus(status);
}

/** Error type of an answer that came whole but that nobody here can read. */
const UNREADABLE_ANSWER = 'unreadable_answer';

/** Error type of an answer with nothing in it. */
const EMPTY_ANSWER = 'empty_answer';

/** Error type of a request that could not be carried to this model: it was not called. */
const UNCARRIED_REQUEST = 'unsupported_request';

/** Kinds that come under a general status such as 400 or 429 and are named by a word. */
const SHARPER_THAN_STATUS: ReadonlySet<FailureKind> = new Set([
	'context-too-long',
	'content-policy',
	'quota-exhausted',
	'overloaded',
]);

/** The sharpest kind the words name: `APIError` with `type: overloaded_error` is an overload. */
function getKindByWord(words: ReadonlySet<string>): FailureKind | null {
	const kinds = [...words].flatMap((word) => FAILURE_BY_WORD.get(word) ?? []);
	return kinds.find((kind) => SHARPER_THAN_STATUS.has(kind)) ?? kinds[0] ?? null;
}

function getKindByStatus(status: number): FailureKind {
	const byClass = status >= 500 ? 'server-error' : status >= 400 ? 'invalid-request' : 'unknown';
	return FAILURE_BY_STATUS[status] ?? byClass;
}

type CooldownPolicy = Pick<RetryPolicy, 'rateLimitCooldownMs' | 'quotaCooldownMs' | 'maxCooldownMs' | 'quarantineMs'>;

function getCooldownMs({ kind, retryAfterMs }: ClassifiedFailure, policy: CooldownPolicy): number | undefined {
	if (kind === 'rate-limit' || kind === 'quota-exhausted') return getLimitCooldownMs(kind, retryAfterMs, policy);
	return kind === 'authentication' || kind === 'not-found' ? policy.quarantineMs : undefined;
}

/** How long a model is left alone after a provider's limit, in milliseconds. */
export function getLimitCooldownMs(
	kind: 'rate-limit' | 'quota-exhausted',
	retryAfterMs: number | undefined,
	policy: CooldownPolicy,
): number {
	if (kind === 'rate-limit')
		return retryAfterMs === undefined ? policy.rateLimitCooldownMs : Math.min(retryAfterMs, policy.maxCooldownMs);
	return Math.max(Math.min(retryAfterMs ?? 0, policy.maxCooldownMs), policy.quotaCooldownMs);
}

/** What can be read off an error, whoever threw it. */
interface FailureSignals {
	/** HTTP status, `null` when no response came. */
	status: number | null;
	/** Names, codes and types of the error and its causes. */
	words: ReadonlySet<string>;
	/** The messages of the error and its causes, for the few failures that only a text distinguishes. */
	text: string;
	headers: ReadonlyMap<string, string>;
	/** Wait a provider's edge already read, in milliseconds. */
	retryAfterMs: number | null;
}

const MAX_ERRORS = 12;
const MAX_TEXT = 4000;
const WORD_KEYS = ['name', 'code', 'type', 'status', 'errorType', 'reason'];

/** Reads an error, its causes and (for several addresses tried at once) its parts; bounded, never throws on odd shapes. */
function readFailureSignals(error: unknown): FailureSignals {
	const words = new Set<string>();
	const texts: string[] = [];
	let status: number | null = null;
	let retryAfterMs: number | null = null;
	let headers: ReadonlyMap<string, string> = new Map();
	for (const part of listErrorParts(error)) {
		for (const word of collectWords(part)) words.add(word);
		const message = typeof part === 'string' ? part : readTextProperty(part, 'message');
		if (message !== null) texts.push(message);
		status ??= readStatus(part);
		retryAfterMs ??= toNumberOrNull(readProperty(readProperty(part, 'details'), 'retryAfterMs'));
		if (headers.size === 0) headers = readHeaders(findHeaders(part));
	}
	return { status, words, text: texts.join('\n').slice(0, MAX_TEXT), headers, retryAfterMs };
}

/** The error, then what lies in it: provider's error body, cause, parts; each once, `MAX_ERRORS` at most. */
function listErrorParts(error: unknown): Set<unknown> {
	const parts = new Set<unknown>([error]);
	// also over what is added on the way
	for (const part of parts) {
		const errors = readProperty(part, 'errors');
		const inner = [readProperty(part, 'error'), readProperty(part, 'cause'), ...(Array.isArray(errors) ? errors : [])];
		for (const next of inner) {
			if (parts.size === MAX_ERRORS) return parts;
			if (typeof next === 'object') parts.add(next);
		}
	}
	return parts;
}

function collectWords(part: unknown): string[] {
	const sources = [part, readProperty(part, 'details')];
	const found = sources.flatMap((source) => WORD_KEYS.flatMap((key) => readTextProperty(source, key) ?? []));
	// The official SDKs leave `name` at 'Error'; their classes tell more.
	if (part instanceof Error) found.push(part.constructor.name);
	return found;
}

function readStatus(part: unknown): number | null {
	const candidates = [
		readProperty(part, 'status'),
		readProperty(part, 'statusCode'),
		readProperty(readProperty(part, 'response'), 'status'),
		// Google's error body names the HTTP status `code`.
		readProperty(part, 'code'),
	];
	return candidates.find((value): value is number => typeof value === 'number' && value >= 300 && value <= 599) ?? null;
}

function findHeaders(part: unknown): unknown {
	return (
		readProperty(part, 'headers') ??
		readProperty(part, 'responseHeaders') ??
		readProperty(readProperty(part, 'response'), 'headers')
	);
}

function toNumberOrNull(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** More headers than this no honest response has. */
const MAX_HEADERS = 200;

/** The headers of a failed response, lower case, from `Headers`, a `Map` or a plain object. */
function readHeaders(headers: unknown): Map<string, string> {
	const found = new Map<string, string>();
	for (const [name, value] of headerEntries(headers)) {
		if (found.size >= MAX_HEADERS) break;
		if (typeof name !== 'string') continue;
		if (typeof value === 'string' || typeof value === 'number') found.set(name.toLowerCase(), String(value));
	}
	return found;
}

function headerEntries(headers: unknown): Iterable<[unknown, unknown]> {
	if (typeof headers !== 'object' || headers === null) return [];
	const entries = readProperty(headers, 'entries');
	return typeof entries === 'function' && Symbol.iterator in headers ? entries.call(headers) : Object.entries(headers);
}

/** A member of something unknown; `undefined` when there is none. */
function readProperty(value: unknown, key: string): unknown {
	return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** A member that is a text, else `null`. */
export function readTextProperty(value: unknown, key: string): string | null {
	const member = readProperty(value, key);
	return typeof member === 'string' ? member : null;
}

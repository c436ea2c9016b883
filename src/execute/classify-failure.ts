import type { FailureAction, FailureKind } from '../contracts/index.ts';
import { ACTION_OF_FAILURE, FAILURE_OF_STATUS, FAILURE_OF_WORD, REFINEMENTS } from './failure-rules.ts';
import { type FailureSigns, readFailureSigns } from './failure-signs.ts';
import { type LimitHint, readLimitHint, readResetWait } from './retry-after.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';

/** What a failure is, and what to do next. */
export interface ClassifiedFailure extends LimitHint {
	kind: FailureKind;
	action: FailureAction;
	/** HTTP status, where there was one. */
	status?: number;
	/** How long the model should be left alone, in milliseconds; absent when it need not be. */
	cooldownMs?: number;
}

/** What the meaning of a failure depends on besides the failure. */
export interface ClassifyFailureOptions {
	/** Epoch milliseconds, to which dates in headers are compared. */
	now: number;
	/** @default DEFAULT_RETRY_POLICY */
	policy?: Pick<RetryPolicy, 'rateLimitCooldownMs' | 'quotaCooldownMs' | 'quarantineMs'>;
	/** Whether a refusal on grounds of content may be taken to the next model. @default false */
	isContentPolicyFallbackEnabled?: boolean;
}

/**
 * Decides what a failed call was and what follows: from HTTP status, the provider's error type, the network's
 * error code, headers; from the text only where providers leave nothing else. Never throws.
 */
export function classifyFailure(error: unknown, options: ClassifyFailureOptions): ClassifiedFailure {
	const signs = readFailureSigns(error);
	const hint = readLimitHint(signs.headers, signs.text, options.now);
	if (signs.retryAfterMs !== null) hint.retryAfterMs = signs.retryAfterMs;
	const kind = kindOf(signs, hint);
	const failure: ClassifiedFailure = { kind, action: ACTION_OF_FAILURE[kind], ...hint };
	const resetMs = kind === 'rate-limit' ? readResetWait(signs.headers, options.now) : undefined;
	if (failure.retryAfterMs === undefined && resetMs !== undefined) failure.retryAfterMs = resetMs;
	// The provider knows that the same call would fail again.
	if (failure.action === 'retry' && signs.headers.get('x-should-retry') === 'false') failure.action = 'next-model';
	if (kind === 'content-policy' && options.isContentPolicyFallbackEnabled === true) failure.action = 'next-model';
	if (signs.status !== null) failure.status = signs.status;
	const cooldownMs = cooldownOf(failure, options.policy ?? DEFAULT_RETRY_POLICY);
	if (cooldownMs !== undefined) failure.cooldownMs = cooldownMs;
	return failure;
}

function kindOf(signs: FailureSigns, hint: LimitHint): FailureKind {
	const { status } = signs;
	const byWord = kindOfWords(signs.words);
	// What this package's own errors and an abort mean does not depend on a status further down the causes.
	if (byWord === 'aborted' || signs.words.has('ROUTER_ATTEMPT_TIMEOUT')) return byWord ?? 'timeout';
	const refined = REFINEMENTS.find(
		(rule) =>
			(status === null ? rule.needsStatus !== true : rule.statuses.includes(status)) && rule.text.test(signs.text),
	);
	// Google calls a limit per minute a quota too, but says when it ends.
	const isPassing = status === 429 && hint.retryAfterMs !== undefined && !signs.words.has('insufficient_quota');
	if (status === null) return byWord ?? refined?.kind ?? 'unknown';
	if (refined !== undefined && !(refined.kind === 'quota-exhausted' && isPassing)) return refined.kind;
	if (byWord !== null && SHARPER_THAN_STATUS.has(byWord)) return byWord;
	return kindOfStatus(status);
}

/** Kinds that come under a general status such as 400 or 429 and are named by a word. */
const SHARPER_THAN_STATUS: ReadonlySet<FailureKind> = new Set([
	'context-too-long',
	'content-policy',
	'quota-exhausted',
	'overloaded',
]);

/** The sharpest kind the words name: `APIError` with `type: overloaded_error` is an overload. */
function kindOfWords(words: ReadonlySet<string>): FailureKind | null {
	const kinds: FailureKind[] = [];
	for (const word of words) {
		const kind = Object.hasOwn(FAILURE_OF_WORD, word) ? FAILURE_OF_WORD[word] : undefined;
		if (kind !== undefined) kinds.push(kind);
	}
	return kinds.find((kind) => SHARPER_THAN_STATUS.has(kind)) ?? kinds[0] ?? null;
}

function kindOfStatus(status: number): FailureKind {
	const kind = FAILURE_OF_STATUS[status];
	if (kind !== undefined) return kind;
	if (status >= 500) return 'server-error';
	return status >= 400 ? 'invalid-request' : 'unknown';
}

function cooldownOf(
	failure: ClassifiedFailure,
	policy: Pick<RetryPolicy, 'rateLimitCooldownMs' | 'quotaCooldownMs' | 'quarantineMs'>,
): number | undefined {
	if (failure.kind === 'rate-limit') return failure.retryAfterMs ?? policy.rateLimitCooldownMs;
	if (failure.kind === 'quota-exhausted') return Math.max(failure.retryAfterMs ?? 0, policy.quotaCooldownMs);
	return failure.kind === 'authentication' || failure.kind === 'not-found' ? policy.quarantineMs : undefined;
}

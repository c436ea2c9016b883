import type {
	Attribution,
	CostEntry,
	DecisionRecord,
	FallbackEventRow,
	OutcomeRow,
	Reservation,
	StorageRecord,
} from '../../src/contracts/index.ts';
import { TASK_COMPLEXITIES, TASK_TYPES } from '../../src/contracts/index.ts';

const MODELS = ['opus', 'sonnet', 'haiku', 'gpt-4', 'gpt-3.5', 'gemini-pro', 'gemini-flash'];

type Kind = Pick<DecisionRecord, 'model' | 'taskType' | 'complexity'>;

/** Spreads rows over models, types and complexities, the same way each time. */
function kindOf(at: number): Kind {
	const hash = (Math.imul(at ^ 0x9e3779b9, 2654435761) >>> 3) >>> 0;
	return {
		model: MODELS[hash % MODELS.length] ?? 'opus',
		taskType: TASK_TYPES[(hash >>> 4) % TASK_TYPES.length] ?? 'debugging',
		complexity: TASK_COMPLEXITIES[(hash >>> 9) % TASK_COMPLEXITIES.length] ?? 'medium',
	};
}

/** A charge. */
export function charge(id: string, at: number): CostEntry {
	const { model, taskType } = kindOf(at);
	const usage = {
		inputTokens: 850,
		cacheReadTokens: 100,
		cacheWrite5mTokens: 0,
		cacheWrite1hTokens: 0,
		outputTokens: 1500,
		reasoningTokens: 0,
	};
	return {
		id,
		decisionId: id,
		attempt: 1,
		model,
		taskType,
		costNanoUsd: 23_000_000,
		inputCostNanoUsd: 3_000_000,
		outputCostNanoUsd: 20_000_000,
		usage,
		at,
	};
}

/** Whom a charge is for: 50 keys of 5 teams, 20 tags, and sessions of ten requests. */
export function attribute(index: number): Attribution {
	return {
		key: `key-${index % 50}`,
		team: `team-${index % 5}`,
		tags: [`tag-${index % 20}`],
		session: `session-${Math.floor(index / 10)}`,
	};
}

/** Money held under a daily and a monthly limit nobody reaches. */
export function hold(id: string, at: number): Reservation {
	const limit = { scope: 'all', limitNanoUsd: Number.MAX_SAFE_INTEGER / 2, resetsAt: at };
	const checks = [
		{ ...limit, period: 'day', periodKey: '2026-11-24' },
		{ ...limit, period: 'month', periodKey: '2026-11' },
	] as const;
	return { id, amountNanoUsd: 30_000_000, checks, createdAt: at, expiresAt: at + 60_000 };
}

/** A decision and its outcome. */
export function decision(id: string, at: number): StorageRecord[] {
	const kind = kindOf(at);
	const row: DecisionRecord = {
		...kind,
		id,
		taskHash: `hash-${at % 5000}`,
		taskText: null,
		pattern: 'multi-step',
		modelId: `${kind.model}-20251101`,
		confidence: 87.5,
		estimatedCostNanoUsd: 23_000_000,
		estimatedLatencyMs: 2000,
		estimatedInputTokens: 850,
		estimatedOutputTokens: 1500,
		reasoning: ['Strong capability match', 'Cost-efficient option', 'Strong historical performance on similar tasks'],
		alternatives: MODELS.slice(0, 3).map((model) => ({ model, score: 80.5, reason: 'scores lower on quality' })),
		policy: 'weighted',
		policyVersion: '1',
		catalogVersion: '2026-11-01',
		propensity: 1,
		isCached: at % 3 === 0,
		decisionTimeMs: 0.2,
		at,
	};
	const outcome: OutcomeRow = {
		id: `o-${id}`,
		decisionId: id,
		success: at % 20 !== 0,
		quality: at % 4 === 0 ? 80 : null,
		answeredBy: kind.model,
		taskType: kind.taskType,
		complexity: kind.complexity,
		actualCostNanoUsd: 23_000_000,
		actualLatencyMs: 1500 + (at % 1000),
		inputTokens: 850,
		outputTokens: 1500,
		usedFallback: false,
		attempts: 1,
		errorMessage: null,
		errorCode: null,
		userRating: null,
		userComment: null,
		at,
	};
	return [
		{ kind: 'decision', row },
		{ kind: 'outcome', row: outcome },
	];
}

/** A fallback. */
export function fallback(id: string, at: number): FallbackEventRow {
	const primary = kindOf(at).model;
	const next = kindOf(at + 1).model;
	return {
		id,
		decisionId: id,
		primaryModel: primary,
		primaryError: 'overloaded',
		fallbackModel: next,
		fallbackSuccess: at % 5 !== 0,
		attemptNumber: 2,
		retryDelayMs: 100,
		at,
	};
}

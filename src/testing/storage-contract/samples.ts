import type {
	AttemptRow,
	BudgetCheck,
	ChargedCall,
	CostEntry,
	DecisionRecord,
	FallbackEventRow,
	OutcomeRow,
	RateLimitRow,
	Reservation,
	RouterStorage,
} from '../../contracts/index.ts';

/** Promises of the storage ports, by what a user loses when one is broken; a test fails with an AssertionError. */
export type StorageContractCases = Readonly<Record<string, (storage: RouterStorage) => Promise<void>>>;

/** A moment the samples begin at: 2026-03-10T12:00:00Z. */
export const SAMPLE_TIME: number = Date.UTC(2026, 2, 10, 12);

/** Every moment. */
export const ALL_TIME: { from: number; to: number } = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** A row; give what matters to the test. */
export type Sample<Row> = (change?: Partial<Row>) => Row;

/** Rows like this one. */
export function createSample<Row>(row: Row): Sample<Row> {
	return (change) => ({ ...row, ...change });
}

/** A decision. */
export const sampleDecision: Sample<DecisionRecord> = createSample<DecisionRecord>({
	id: 'decision-1',
	taskHash: 'hash-1',
	taskText: null,
	taskType: 'debugging',
	complexity: 'medium',
	pattern: 'multi-step',
	model: 'opus',
	modelId: 'claude-opus-4-5-20251101',
	confidence: 87.5,
	estimatedCostNanoUsd: 23_400_001,
	estimatedLatencyMs: 2000.5,
	estimatedInputTokens: 850,
	estimatedOutputTokens: 1500,
	reasoning: ['Strong capability match for debugging tasks', 'Größte Qualität 🙂'],
	alternatives: [{ model: 'sonnet', score: 82.1, reason: 'cheaper' }],
	policy: 'weighted',
	policyVersion: '1',
	catalogVersion: '2026-03-01',
	propensity: 0.75,
	propensityKind: 'exact',
	policyHash: '0f1e2d3c4b5a69',
	candidates: [
		{
			model: 'opus',
			totalScore: 84.25,
			scores: { capabilityMatch: 99.5, costEfficiency: 40.1, latency: 55, quality: 93.33, historicalPerformance: 50 },
			predictedQuality: { value: 95, low: 89.07, high: 100, outcomes: 12.5 },
			estimatedCostNanoUsd: 23_400_001,
			estimatedCompletionMs: 21_500,
		},
		{
			model: 'local',
			totalScore: 60,
			scores: { capabilityMatch: 70, costEfficiency: 0, latency: 80, quality: 60.5, historicalPerformance: 51.2 },
			predictedQuality: { value: 75, low: 67, high: 83 },
			estimatedCostNanoUsd: null,
			estimatedCompletionMs: 900,
		},
	],
	exclusions: [{ model: 'haiku', reason: 'min-quality', message: 'Quality 80 is below the minimum of 90' }],
	inputs: {
		task: {
			type: 'debugging',
			complexity: 'medium',
			pattern: 'multi-step',
			priority: 4,
			estimatedInputTokens: 850,
			estimatedOutputTokens: 1500,
			requiresExtendedThinking: true,
			involvesCode: true,
			typeProbabilities: { debugging: 0.8, testing: 0.15 },
			constraints: { minQuality: 90 },
		},
	},
	workload: 'support',
	isCached: false,
	decisionTimeMs: 0.25,
	at: SAMPLE_TIME,
});

/** How the sample decision turned out. */
export const sampleOutcome: Sample<OutcomeRow> = createSample<OutcomeRow>({
	id: 'outcome-1',
	decisionId: 'decision-1',
	success: true,
	quality: null,
	workload: 'support',
	observed: ['cut'],
	answeredBy: 'opus',
	taskType: 'debugging',
	complexity: 'medium',
	actualCostNanoUsd: 25_000_000,
	actualLatencyMs: 1800,
	inputTokens: 900,
	outputTokens: 1400,
	usedFallback: false,
	attempts: 1,
	errorMessage: null,
	errorCode: null,
	userRating: null,
	userComment: null,
	at: SAMPLE_TIME + 1800,
});

/** A fallback of the sample decision. */
export const sampleFallback: Sample<FallbackEventRow> = createSample<FallbackEventRow>({
	id: 'fallback-1',
	decisionId: 'decision-1',
	primaryModel: 'opus',
	primaryError: 'overloaded',
	fallbackModel: 'sonnet',
	fallbackSuccess: true,
	attemptNumber: 2,
	retryDelayMs: 150,
	at: SAMPLE_TIME,
});

/** An attempt of the sample decision that failed. */
export const sampleAttempt: Sample<AttemptRow> = createSample<AttemptRow>({
	id: 'attempt-1',
	decisionId: 'decision-1',
	number: 1,
	model: 'opus',
	deployment: 'anthropic',
	outcome: 'failure',
	failure: 'overloaded',
	status: 529,
	message: 'Overloaded; try again 🙂',
	durationMs: 812.25,
	delayMs: 150,
	costNanoUsd: 1_500_001,
	isEstimated: true,
	at: SAMPLE_TIME,
});

/** How the call of the sample charge went: it failed, and was billed all the same. */
export const sampleCall: Sample<ChargedCall> = createSample<ChargedCall>({
	deployment: 'anthropic',
	outcome: 'failure',
	failure: 'overloaded',
	status: 529,
	message: 'Overloaded; try again 🙂',
	durationMs: 812.25,
	delayMs: 150,
	at: SAMPLE_TIME - 900,
});

/** A rate limit met on the way. */
export const sampleRateLimit: Sample<RateLimitRow> = createSample<RateLimitRow>({
	id: 'limit-1',
	decisionId: null,
	model: 'opus',
	limitType: 'requests',
	limitValue: 50,
	remaining: 0,
	resetAt: SAMPLE_TIME + 60_000,
	errorMessage: '429 too many requests',
	at: SAMPLE_TIME,
});

/** A charge of 1.5 cents. */
export const sampleEntry: Sample<CostEntry> = createSample<CostEntry>({
	id: 'entry-1',
	decisionId: 'decision-1',
	attempt: 1,
	model: 'opus',
	taskType: 'debugging',
	costNanoUsd: 15_000_001,
	inputCostNanoUsd: 5_000_000,
	outputCostNanoUsd: 10_000_001,
	usage: {
		inputTokens: 100,
		cacheReadTokens: 2000,
		cacheWrite5mTokens: 30,
		cacheWrite1hTokens: 4,
		outputTokens: 500,
		reasoningTokens: 60,
		perUse: { webSearch: 2 },
		unknownFields: { audio_tokens: 7 },
		isEstimated: true,
	},
	at: SAMPLE_TIME,
});

/** A daily and a monthly limit, in nano-dollars. */
export function sampleChecks(limitNanoUsd: number): [BudgetCheck, BudgetCheck] {
	const resetsAt = Date.UTC(2026, 2, 11);
	const daily: BudgetCheck = { scope: 'all', period: 'day', periodKey: '2026-03-10', limitNanoUsd, resetsAt };
	const month = { period: 'month', periodKey: '2026-03', resetsAt: Date.UTC(2026, 3, 1) } as const;
	return [daily, { ...daily, ...month, limitNanoUsd: limitNanoUsd * 10 }];
}

/** [settled, reserved, unknown] of a period, else of the sample's day. */
export async function readSpend({ budgets }: RouterStorage, key = '2026-03-10'): Promise<number[]> {
	const { settledNanoUsd, reservedNanoUsd, unknownNanoUsd = 0 } = await budgets.spend('all', key);
	return [settledNanoUsd, reservedNanoUsd, unknownNanoUsd];
}

/** Money held for a minute. */
export const sampleReservation: Sample<Reservation> = createSample<Reservation>({
	id: 'reservation-1',
	amountNanoUsd: 40,
	checks: sampleChecks(100),
	createdAt: SAMPLE_TIME,
	expiresAt: SAMPLE_TIME + 60_000,
	decisionId: 'decision-1',
	model: 'opus',
});

import { DEFAULT_MODEL_PROFILES } from '../../src/catalog/index.ts';
import type { ModelProfile, RouterConfig, TaskDescriptor } from '../../src/contracts/index.ts';
import type { Candidate, ScoredModel } from '../../src/route/score-model.ts';

/** A profile for tests: $3/$15 per million tokens, quality 90, 2 s, a large window, every capability. */
export function makeProfile(name: string, changes: Partial<ModelProfile> = {}): ModelProfile {
	return {
		id: `test-${name}`,
		name,
		modelId: `test-${name}-1`,
		provider: 'custom',
		strengths: ['code-generation', 'debugging'],
		costPer1kInputTokens: 0.003,
		costPer1kOutputTokens: 0.015,
		latencyMs: 2000,
		contextWindow: 1_000_000,
		maxOutputTokens: 100_000,
		qualityScore: 90,
		supportsExtendedThinking: true,
		supportsVision: true,
		supportsToolUse: true,
		supportsStructuredOutput: true,
		...changes,
	};
}

/** A medium code-generation task with 1,000 tokens in and 1,000 out. */
export function makeTask(changes: Partial<TaskDescriptor> = {}): TaskDescriptor {
	return {
		task: 'Implement a thing',
		type: 'code-generation',
		complexity: 'medium',
		pattern: 'single-shot',
		estimatedInputTokens: 1000,
		estimatedOutputTokens: 1000,
		requiresExtendedThinking: false,
		involvesCode: true,
		priority: 3,
		...changes,
	};
}

/** A configuration in which exactly these profiles compete. */
export function makeConfig(models: ModelProfile[], changes: Partial<RouterConfig> = {}): RouterConfig {
	return {
		models,
		candidates: models.map((model) => model.name),
		defaultModel: models[0]?.name ?? 'sonnet',
		weights: { capability: 0.35, cost: 0.2, latency: 0.15, quality: 0.2, historical: 0.1 },
		enableLearning: true,
		enableCache: true,
		cacheTTL: 3600,
		fallback: { enabled: true, maxAttempts: 3, timeout: 60_000 },
		...changes,
	};
}

/** What a router would know of the profile, without a catalog: it has no price. */
export function makeFacts(profile: ModelProfile): Candidate {
	return {
		profile,
		selected: { ...profile, [Symbol.toPrimitive]: () => profile.name, toString: () => profile.name },
		pricing: null,
		ttftMs: profile.latencyMs,
		outputTokensPerSecond: 70,
		family: profile.name,
		generation: 0,
	};
}

/** A scored model for rankings; `costNanoUsd` null is unpriced. */
export function makeScored(
	name: string,
	given: { total?: number; costNanoUsd?: number | null; quality?: number; provider?: string } = {},
): ScoredModel {
	const { total = 50, costNanoUsd = 1_000_000, quality = 90, provider = 'custom' } = given;
	const charge = costNanoUsd ?? 0;
	return {
		candidate: makeFacts(makeProfile(name, { provider, qualityScore: quality })),
		quality,
		cost:
			costNanoUsd === null ? null : { nanoUsd: charge, lowNanoUsd: charge, highNanoUsd: charge, laterLossNanoUsd: 0 },
		latencyMs: 2000,
		firstTokenMs: 1000,
		completionMs: 10_000,
		history: { score: 50, sampleSize: 0, quality: null },
		predictedQuality: { value: quality, low: quality - 6, high: Math.min(100, quality + 6) },
		scores: {
			capabilityMatch: total,
			costEfficiency: total,
			latency: total,
			quality: total,
			historicalPerformance: total,
		},
		totalScore: total,
	};
}

/** The default configuration: the catalog's models, of which those compete that the specification's seven names stand for. */
export function defaultConfig(changes: Partial<RouterConfig> = {}): RouterConfig {
	const { candidates: _all, ...config } = makeConfig(DEFAULT_MODEL_PROFILES, { defaultModel: 'sonnet' });
	return { ...config, ...changes };
}

/** The same with three candidates, which no announcement of a provider exchanges: opus, sonnet and haiku. */
export function specificationConfig(changes: Partial<RouterConfig> = {}): RouterConfig {
	return defaultConfig({ candidates: ['opus', 'sonnet', 'haiku'], ...changes });
}

/** A task as the classifier would describe it: 850 tokens in, thinking from `complex` on. */
export function makeWork(
	type: TaskDescriptor['type'],
	complexity: TaskDescriptor['complexity'],
	estimatedOutputTokens = 1500,
): TaskDescriptor {
	return makeTask({
		type,
		complexity,
		estimatedInputTokens: 850,
		estimatedOutputTokens,
		requiresExtendedThinking: complexity === 'complex' || complexity === 'critical',
		involvesCode: type !== 'architecture' && type !== 'documentation',
	});
}

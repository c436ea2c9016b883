import type { ConfigDefaults } from '../../src/config/index.ts';
import type { ModelProfile } from '../../src/contracts/index.ts';

/** A sound profile of an invented model. */
export const sampleProfile = (name: string): ModelProfile => ({
	id: `id-${name}`,
	name,
	modelId: `${name}-20260101`,
	provider: 'anthropic',
	strengths: ['debugging'],
	costPer1kInputTokens: 0.003,
	costPer1kOutputTokens: 0.015,
	latencyMs: 2000,
	contextWindow: 200_000,
	maxOutputTokens: 64_000,
	qualityScore: 90,
	supportsExtendedThinking: true,
	supportsVision: true,
	supportsToolUse: true,
});
/** Defaults as the router's and the cost module give them, with invented models. */
export const sampleDefaults: ConfigDefaults = {
	router: {
		models: [sampleProfile('opus'), sampleProfile('sonnet')],
		defaultModel: 'sonnet',
		weights: { capability: 0.35, cost: 0.2, latency: 0.15, quality: 0.2, historical: 0.1 },
		enableLearning: true,
		enableCache: true,
		cacheTTL: 3600,
		fallback: { enabled: true, maxAttempts: 3, timeout: 60_000 },
	},
	budget: {
		dailyLimit: 10,
		monthlyLimit: 250,
		perRequestLimit: 1,
		alerts: { dailyWarning: 75, monthlyWarning: 80 },
		timezone: 'UTC',
	},
};

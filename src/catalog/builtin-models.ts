import type { ModelName, ModelProfile, PicoUsdPerToken, SourcedNumber, TaskType } from '../contracts/index.ts';
import { ANTHROPIC_MODELS } from './builtin-anthropic.ts';
import { EMBEDDING_MODELS } from './builtin-embeddings.ts';
import { GOOGLE_MODELS } from './builtin-google.ts';
import { OPENAI_MODELS } from './builtin-openai.ts';
import type { BuiltinProvider, BuiltinRow } from './builtin-row.ts';
import { GENERATED_PRICES } from './generated-prices.ts';
import { LISTED_PRICES } from './listed-prices.ts';
import { sheetAt } from './price-usage.ts';
import { withProviderTerms } from './provider-terms.ts';

/** The specification's seven models: they compete by default. */
export const SPECIFICATION_MODELS: readonly ModelName[] = [
	'opus',
	'sonnet',
	'haiku',
	'gpt-4',
	'gpt-3.5',
	'gemini-pro',
	'gemini-flash',
];

/** Points by which a model's known strengths pass its overall quality. */
function strengthQualities(row: BuiltinRow, bonus: number): Partial<Record<TaskType, SourcedNumber>> {
	const value = Math.min(99, row.quality[0] + bonus);
	const source = `overall quality (${row.quality[1]}) + ${bonus} for a listed strength`;
	return Object.fromEntries(row.strengths.map((type) => [type, { value, source }]));
}

/** Pico-dollars per token → USD per 1,000 tokens; NaN when there is no price. */
function per1k(rate: PicoUsdPerToken | undefined): number {
	return rate === undefined ? Number.NaN : rate / 1e9;
}

function profileOf(row: BuiltinRow, { provider, strengthBonus }: BuiltinProvider): ModelProfile {
	const rates = GENERATED_PRICES[row.priceKey] ?? LISTED_PRICES[row.priceKey];
	const pricing = rates === undefined ? undefined : withProviderTerms(rates, provider, row.priceKey);
	const today = pricing === undefined ? undefined : sheetAt(pricing, Date.parse(pricing.asOf));
	const [ttftMs, tokensPerSecond, speedSource] = row.speed;
	return {
		id: row.id,
		name: row.name,
		modelId: row.modelId,
		provider,
		family: provider,
		...(row.aliases === undefined ? {} : { aliases: row.aliases }),
		strengths: [...row.strengths],
		costPer1kInputTokens: per1k(today?.input),
		costPer1kOutputTokens: per1k(today?.output),
		pricing: pricing ?? 'unpriced',
		latencyMs: row.latencyMs,
		ttftMs: { value: ttftMs, source: speedSource },
		outputTokensPerSecond: { value: tokensPerSecond, source: speedSource },
		contextWindow: row.contextWindow,
		maxOutputTokens: row.maxOutputTokens,
		qualityScore: row.quality[0],
		qualitySource: row.quality[1],
		qualityByTaskType: strengthQualities(row, strengthBonus),
		supportsExtendedThinking: row.abilities.includes('t'),
		supportsVision: row.abilities.includes('v'),
		supportsToolUse: row.abilities.includes('u'),
		supportsStructuredOutput: row.abilities.includes('s'),
		lifecycle: row.lifecycle ?? { state: 'active' },
	};
}

const all: readonly ModelProfile[] = [ANTHROPIC_MODELS, OPENAI_MODELS, GOOGLE_MODELS].flatMap((provider) =>
	provider.rows.map((row) => profileOf(row, provider)),
);

/** Every model that is known without configuration: the specification's seven first, then today's of their families, then those for embeddings. */
export const BUILTIN_MODELS: readonly ModelProfile[] = [
	...SPECIFICATION_MODELS.flatMap((name) => all.filter((profile) => profile.name === name)),
	...all.filter((profile) => !SPECIFICATION_MODELS.includes(profile.name)),
	...EMBEDDING_MODELS,
];

/** The models of the default configuration. */
export const DEFAULT_MODEL_PROFILES: ModelProfile[] = [...BUILTIN_MODELS];

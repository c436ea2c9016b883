import * as z from 'zod';
import {
	type ModelLifecycle,
	type ModelProfile,
	type PriceSheet,
	type Pricing,
	type PricingRates,
	type PricingTier,
	type RateTable,
	type SourcedNumber,
	TASK_TYPES,
} from '../../contracts/index.ts';
import type { CustomModelProfile } from '../switchyard-config.ts';
import { partialShape, type ShapeOf, text } from './shape.ts';

/** A model of one's own, or what is different about a known one; only its name is required here. */
export function createModelSchema(): z.ZodType<CustomModelProfile> {
	const amount = z.number().min(0);
	const tokens = z.int().min(1).max(1_000_000_000);
	const score = z.number().min(0).max(100);
	const rate = z.int().min(0);

	const sourced = z.strictObject({
		value: amount.describe('The figure'),
		source: text(500).describe('Where it comes from'),
	} satisfies ShapeOf<SourcedNumber>);
	const taskType = z.enum(TASK_TYPES);

	const rates = {
		input: rate,
		output: rate,
		cacheRead: z.exactOptional(rate),
		cacheWrite5m: z.exactOptional(rate),
		cacheWrite1h: z.exactOptional(rate),
		reasoning: z.exactOptional(rate),
	} satisfies ShapeOf<PricingRates>;

	const table = {
		...rates,
		tiers: z.exactOptional(
			z.array(z.strictObject({ aboveInputTokens: tokens, ...rates } satisfies ShapeOf<PricingTier>)).max(20),
		),
	} satisfies ShapeOf<RateTable>;

	const sheet = {
		...table,
		serviceTiers: z.exactOptional(
			z.strictObject({
				batch: z.exactOptional(z.strictObject(table)),
				priority: z.exactOptional(z.strictObject(table)),
				flex: z.exactOptional(z.strictObject(table)),
			}),
		),
		regionPermille: z.exactOptional(z.record(text(), z.int().min(1).max(100_000))),
		perUse: z.exactOptional(z.record(text(), z.int().min(0))),
		source: text(500),
		asOf: z.iso.date(),
		from: z.exactOptional(z.iso.date()),
	} satisfies ShapeOf<PriceSheet>;

	const pricing = z.strictObject({
		...sheet,
		changes: z.exactOptional(z.array(z.strictObject({ ...sheet, from: z.iso.date() })).max(100)),
	} satisfies ShapeOf<Pricing>);

	const lifecycle = z.strictObject({
		state: z.enum(['active', 'deprecated', 'retired']).describe('A retired model is never picked'),
		since: z.exactOptional(z.iso.date().describe('ISO date the state began')),
		releasedOn: z.exactOptional(z.iso.date().describe('ISO date of the first release')),
		deprecatedOn: z.exactOptional(z.iso.date().describe('ISO date on which its end was announced')),
		retiresOn: z.exactOptional(z.iso.date().describe('ISO date of the shutdown')),
		replacedBy: z.exactOptional(text().describe('Model to use instead')),
		source: z.exactOptional(text(500).describe('Where this is announced')),
		sources: z.exactOptional(
			z
				.strictObject({
					released: z.exactOptional(text(500).describe('Source of the release')),
					deprecated: z.exactOptional(text(500).describe('Source of the announcement')),
					retires: z.exactOptional(text(500).describe('Source of the shutdown')),
					successor: z.exactOptional(text(500).describe('Source of the model to use instead')),
				} satisfies ShapeOf<NonNullable<ModelLifecycle['sources']>>)
				.describe('Where single facts were read'),
		),
	} satisfies ShapeOf<ModelLifecycle>);

	const shape = {
		id: text().describe('Unique identifier'),
		modelId: text().describe("The provider's model id"),
		kind: z
			.enum(['chat', 'embedding'])
			.describe('What it makes: answers, or embeddings, which only /v1/embeddings asks for'),
		provider: text().describe('Who serves it: anthropic, openai, google, custom or a name of your own'),
		strengths: z.array(taskType).max(TASK_TYPES.length).describe('Task types the model is known to do well'),
		costPer1kInputTokens: amount.describe('USD per 1,000 input tokens'),
		costPer1kOutputTokens: amount.describe('USD per 1,000 output tokens'),
		latencyMs: amount.describe('Typical latency of a short answer in milliseconds'),
		contextWindow: tokens.describe('Tokens of input and output together'),
		maxOutputTokens: z.int().min(0).max(1_000_000_000).describe('Most tokens of one answer; 0 for embeddings'),
		qualityScore: score.describe('Overall quality, 0-100'),
		supportsExtendedThinking: z.boolean().describe('Can think before it answers'),
		supportsVision: z.boolean().describe('Reads images'),
		supportsToolUse: z.boolean().describe('Calls tools'),
		supportsStructuredOutput: z.boolean().describe('Answers in a given JSON schema'),
		aliases: z.array(text()).max(50).describe('Other names that mean this model'),
		family: text().describe(
			'Models of one family share prompt adaptation; the id of a known model ("gpt-5.4") also gives its rules for requests',
		),
		pricing: z
			.union([z.literal('unpriced'), pricing])
			.describe('Exact rates in pico-dollars per token (micro-dollars per million tokens), or "unpriced"'),
		qualityByTaskType: z.partialRecord(taskType, sourced).describe('Quality per task type, 0-100, with its source'),
		qualitySource: text(500).describe('Source of the overall quality'),
		ttftMs: sourced.describe('Time to first token in milliseconds, with its source'),
		outputTokensPerSecond: sourced.describe('Output tokens per second, with its source'),
		isLocal: z.boolean().describe('Runs on hardware of your own: it is left when a budget allows only local models'),
		lifecycle: lifecycle.describe('Active, deprecated or retired'),
	} satisfies ShapeOf<Omit<Required<ModelProfile>, 'name' | 'assumedFrom' | 'standsFor'>>;

	return z.strictObject({
		name: text().describe('Short name; a known one changes that model, a new one adds a model'),
		...partialShape(shape),
	} satisfies ShapeOf<CustomModelProfile>);
}

import * as z from 'zod';
import {
	type ExplorationConfig,
	LOG_LEVELS,
	MAX_USD,
	OBSERVED_SIGNALS,
	type PolicyConfig,
	type RouterConfig,
	type RoutingWeights,
	STAND_DOWN_MODES,
	UNKNOWN_MODEL_RULES,
	WORKLOAD_ID,
} from '../../contracts/index.ts';
import { MAX_FALLBACK_ATTEMPTS, MAX_ROUTE_CACHE_SECONDS, MAX_WEIGHT } from '../../route/index.ts';
import { DAY_MS } from '../../util/index.ts';
import type { ConfigLayer, LogConfig, StorageConfig } from '../switchyard-config.ts';
import { createBudgetSchema } from './budget.ts';
import { createDeploymentsSchema, createProvidersSchema } from './deployments.ts';
import { createGatewaySchema } from './gateway.ts';
import { createModelSchema } from './model.ts';
import { partialShape, type ShapeOf, sectionSchema, text } from './shape.ts';

const weight = (what: string) => z.number().min(0).max(MAX_WEIGHT).describe(what);

function createConfigSchema(): z.ZodType<ConfigLayer> {
	const modelNames = z.array(text()).max(1000);

	const weightFields = {
		capability: weight('Weight of how well the model fits the kind of task'),
		cost: weight('Weight of low cost'),
		latency: weight('Weight of a fast answer'),
		quality: weight('Weight of quality'),
		historical: weight('Weight of how the model did on earlier tasks of the kind'),
	} satisfies ShapeOf<RoutingWeights>;
	const weights = sectionSchema(
		weightFields,
		'How much each factor counts; any non-negative numbers, normalised to a sum of 1',
	);

	const policy: z.ZodType<PolicyConfig> = z
		.discriminatedUnion('name', [
			z.strictObject({
				name: z.literal('weighted'),
				whenUnsure: z
					.enum(['default-model', 'best-score'])
					.optional()
					.describe('Who takes a task whose type is a guess: the default model, or whichever scores best'),
			}),
			z.strictObject({
				name: z.literal('cheapest-good-enough'),
				targetQuality: z.number().min(0).max(100).describe('Lowest acceptable predicted quality, 0-100'),
			}),
			z.strictObject({
				name: z.literal('utility'),
				pointWorthUsd: z
					.number()
					.min(0)
					.max(MAX_USD)
					.optional()
					.describe('USD that a point of quality is worth in a request; left out: 1, 2, 5 and 10 cents, by complexity'),
			}),
			z.strictObject({
				name: z.literal('learned'),
				version: z.int().min(1).describe('Which of the proposals of "switchyard learn" is in force'),
				weights: z.strictObject(weightFields).describe('The weights that were fitted'),
			}),
			z.strictObject({ name: z.literal('fixed'), model: text().describe('The model that is always chosen') }),
		])
		.describe('How a model is chosen among the eligible');

	const fallback = sectionSchema(
		{
			enabled: z.boolean().describe('Go on to the next model when one fails'),
			maxAttempts: z
				.int()
				.min(1)
				.max(MAX_FALLBACK_ATTEMPTS)
				.describe('Most models one request is tried on, and most attempts of each'),
			timeout: z.int().min(1).max(DAY_MS).describe('Milliseconds one attempt may take'),
		} satisfies ShapeOf<RouterConfig['fallback']>,
		'What happens when a model fails',
	);

	const learning = sectionSchema(
		{
			workloads: z
				.record(
					z.string().regex(WORKLOAD_ID, { error: 'must be the id of a workload: 16 hexadecimal digits' }),
					text(64),
				)
				.describe('Names of workloads by their ids; those with one name are learned of together'),
			standDown: z
				.enum(STAND_DOWN_MODES)
				.describe(
					'Where outcomes say that a single model is better than routing at its cost: use it, only say so, or neither',
				),
			observe: z
				.array(z.enum(OBSERVED_SIGNALS))
				.max(OBSERVED_SIGNALS.length)
				.describe('Signs of how good an answer was that count, though nobody rated it'),
			exploration: sectionSchema(
				{
					share: z
						.number()
						.min(0)
						.max(0.5)
						.describe('Share of requests on which a nearly tied model is tried; 0: none'),
					floor: z
						.number()
						.min(0)
						.max(0.1)
						.describe('Probability with which each other model is tried, however far behind it is; 0: none'),
					dailyCost: z.number().min(0).max(MAX_USD).describe('USD a day that this may cost more'),
					dailyPoints: z.number().min(0).max(MAX_USD).describe('Points of expected quality a day that this may cost'),
				} satisfies ShapeOf<ExplorationConfig>,
				'Models that are nearly tied with the choice are tried now and then',
			),
		} satisfies ShapeOf<NonNullable<RouterConfig['learning']>>,
		'What is learned from outcomes, and what follows',
	);

	const storage = sectionSchema(
		{
			path: text(4000).describe('Database file: absolute, ~/…, :memory:, or relative to the project'),
			retentionDays: z.int().min(1).max(36_500).describe('Days before a row is archived'),
			captureTaskText: z.boolean().describe('Keep the text of tasks; without it only their hash is kept'),
		} satisfies ShapeOf<StorageConfig>,
		'Where rows are kept and for how long',
	);

	const log = sectionSchema(
		{
			level: z.enum(LOG_LEVELS).describe('Lines of this level and of graver ones are written'),
			file: text(4000).describe('Log file: absolute, ~/…, or relative to the project'),
			maxBytes: z.int().min(1024).max(1_073_741_824).describe('Bytes at which the file is rotated'),
			maxFiles: z.int().min(0).max(100).describe('Rotated files that are kept beside the current one'),
		} satisfies ShapeOf<LogConfig>,
		'The log file',
	);

	return z.strictObject(
		partialShape({
			$schema: z.string().max(2000).describe('Where editors find this schema'),
			defaultModel: text().describe('The model for tasks with nothing to go by; ties go to it'),
			enableLearning: z.boolean().describe('Let outcomes change later decisions'),
			enableCache: z.boolean().describe('Answer an equal task from the decision cache'),
			cacheTTL: z.number().min(0).max(MAX_ROUTE_CACHE_SECONDS).describe('Seconds a cached decision lives'),
			promptCaching: z.boolean().describe('Mark prompts for the cache of a provider that needs marks, where it pays'),
			debug: z.boolean().describe('Log every decision with its scores, and show stack traces'),
			candidates: modelNames.min(1).describe('Models that compete by default; every other model is reached by name'),
			policy,
			aliases: z
				.record(text(), text())
				.describe('Names of callers that mean `auto` or `auto:POLICY`, before those of models'),
			fallbacks: z.record(text(), modelNames).describe('Models to fall back to, in order, by the model that failed'),
			allowUnpriced: modelNames.describe('Models that may be used though they have no price'),
			unknownModels: z
				.enum(UNKNOWN_MODEL_RULES)
				.describe(
					'Ids that no model has: passed on at the rates of the family that they name (the default), or refused',
				),
			promptAdaptation: z
				.boolean()
				.describe(
					'Have adaptPrompt word prompts for families of models; off (the default), as nothing shows that it helps',
				),
			// lazy: the largest schema, and few sources hold a model of their own
			models: z.array(z.lazy(createModelSchema)).max(1000).describe('Models of your own, and changes to known ones'),
			weights,
			learning,
			budget: createBudgetSchema(),
			fallback,
			storage,
			log,
			providers: createProvidersSchema(),
			deployments: createDeploymentsSchema(),
			gateway: createGatewaySchema(),
		} satisfies ShapeOf<Required<ConfigLayer>>),
	);
}

let configSchema: z.ZodType<ConfigLayer> | null = null;

/** What one source may say: the shape of `config.json`. What the whole must satisfy, the modules that use it judge. Made on first use: most programs have nothing to check. */
export function getConfigSchema(): z.ZodType<ConfigLayer> {
	configSchema ??= createConfigSchema();
	return configSchema;
}

/** The JSON schema of `config.json`, for editors. */
export function configJsonSchema(): Record<string, unknown> {
	const { $schema, ...schema } = z.toJSONSchema(getConfigSchema(), { io: 'input', unrepresentable: 'any' });
	return {
		$schema,
		title: 'Switchyard configuration',
		description: 'The file .claude/orchestration/routing/config.json of a project',
		...schema,
	};
}

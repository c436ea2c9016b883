import * as z from 'zod';
import { LOG_LEVELS, type PolicyConfig, type RouterConfig, type RoutingWeights } from '../../contracts/index.ts';
import type { LogConfig, StorageConfig } from '../switchyard-config.ts';
import { partialShape, type ShapeOf, text } from './shape.ts';

const weight = (what: string) => z.number().min(0).max(1_000_000).describe(what);

const shape = {
	capability: weight('Weight of how well the model fits the kind of task'),
	cost: weight('Weight of low cost'),
	latency: weight('Weight of a fast answer'),
	quality: weight('Weight of quality'),
	historical: weight('Weight of how the model did on earlier tasks of the kind'),
} satisfies ShapeOf<RoutingWeights>;

/** Complete weights: not all zero. They need not sum to 1. */
export const weightsSchema: z.ZodType<RoutingWeights> = z
	.strictObject(shape)
	.refine((weights) => Object.values(weights).some((value) => value > 0), {
		error: 'are all 0: give at least one factor a weight above 0',
	});

/** Some of the weights. */
export const weightsLayerSchema: z.ZodType<Partial<RoutingWeights>> = z
	.strictObject(partialShape(shape))
	.describe('How much each factor counts; any non-negative numbers, normalised to a sum of 1');

/** How a model is chosen among the eligible; replaced as a whole, never merged. */
export const policySchema: z.ZodType<PolicyConfig> = z
	.discriminatedUnion('name', [
		z.strictObject({ name: z.literal('weighted') }),
		z.strictObject({
			name: z.literal('cheapest-good-enough'),
			targetQuality: z.number().min(0).max(100).describe('Lowest acceptable predicted quality, 0-100'),
		}),
		z.strictObject({ name: z.literal('fixed'), model: text().describe('The model that is always chosen') }),
	])
	.describe('How a model is chosen among the eligible');

type Fallback = RouterConfig['fallback'];

const shapeFallback = {
	enabled: z.boolean().describe('Go on to the next model when one fails'),
	maxAttempts: z.int().min(1).max(100).describe('Most models one request is tried on, and most attempts of each'),
	timeout: z.int().min(1).max(86_400_000).describe('Milliseconds one attempt may take'),
} satisfies ShapeOf<Fallback>;

/** Complete handling of failures. */
export const fallbackSchema: z.ZodType<Fallback> = z.strictObject(shapeFallback);

/** What one source says of it. */
export const fallbackLayerSchema: z.ZodType<Partial<Fallback>> = z
	.strictObject(partialShape(shapeFallback))
	.describe('What happens when a model fails');

const shapeStorage = {
	path: text(4000).describe('Database file: absolute, ~/…, :memory:, or relative to the project'),
	retentionDays: z.int().min(1).max(36_500).describe('Days before a row is archived'),
	captureTaskText: z.boolean().describe('Keep the text of tasks; without it only their hash is kept'),
} satisfies ShapeOf<StorageConfig>;

/** Complete storage settings. */
export const storageSchema: z.ZodType<StorageConfig> = z.strictObject(shapeStorage);

/** What one source says of storage. */
export const storageLayerSchema: z.ZodType<Partial<StorageConfig>> = z
	.strictObject(partialShape(shapeStorage))
	.describe('Where rows are kept and for how long');

const shapeLog = {
	level: z.enum(LOG_LEVELS).describe('Lines of this level and of graver ones are written'),
	file: text(4000).describe('Log file: absolute, ~/…, or relative to the project'),
	maxBytes: z.int().min(1024).max(1_073_741_824).describe('Bytes at which the file is rotated'),
	maxFiles: z.int().min(0).max(100).describe('Rotated files that are kept beside the current one'),
} satisfies ShapeOf<LogConfig>;

/** Complete log settings. */
export const logSchema: z.ZodType<LogConfig> = z.strictObject(shapeLog);

/** What one source says of the log. */
export const logLayerSchema: z.ZodType<Partial<LogConfig>> = z
	.strictObject(partialShape(shapeLog))
	.describe('The log file');

import * as z from 'zod';
import type { RoutingWeights } from '../../contracts/index.ts';
import { partialShape, type ShapeOf } from './shape.ts';

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

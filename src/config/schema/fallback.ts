import * as z from 'zod';
import type { RouterConfig } from '../../contracts/index.ts';
import { partialShape, type ShapeOf } from './shape.ts';

type Fallback = RouterConfig['fallback'];

const shape = {
	enabled: z.boolean().describe('Go on to the next model when one fails'),
	maxAttempts: z.int().min(1).max(100).describe('Most models one request is tried on, and most attempts of each'),
	timeout: z.int().min(1).max(86_400_000).describe('Milliseconds one attempt may take'),
} satisfies ShapeOf<Fallback>;

/** Complete handling of failures. */
export const fallbackSchema: z.ZodType<Fallback> = z.strictObject(shape);

/** What one source says of it. */
export const fallbackLayerSchema: z.ZodType<Partial<Fallback>> = z
	.strictObject(partialShape(shape))
	.describe('What happens when a model fails');

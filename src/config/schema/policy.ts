import * as z from 'zod';
import type { PolicyConfig } from '../../contracts/index.ts';
import { text } from './shape.ts';

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

import { expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import type { BudgetConfig, RoutingWeights } from '../../contracts/index.ts';
import type { ConfigLayer } from '../switchyard-config.ts';
import type { getConfigSchema } from './index.ts';
import type { ShapeOf } from './shape.ts';

it('what the schemas let through is exactly what the contracts say', () => {
	expectTypeOf<z.output<ReturnType<typeof getConfigSchema>>>().toEqualTypeOf<ConfigLayer>();
});

const numbers = { capability: z.number(), cost: z.number(), latency: z.number(), quality: z.number() };

it('a schema cannot lack a field of its contract, add one, or give it another type', () => {
	({ ...numbers, historical: z.number() }) satisfies ShapeOf<RoutingWeights>;
	// @ts-expect-error a field is missing
	numbers satisfies ShapeOf<RoutingWeights>;
	// @ts-expect-error a field too many
	({ ...numbers, historical: z.number(), other: z.number() }) satisfies ShapeOf<RoutingWeights>;
	// @ts-expect-error another type
	({ ...numbers, historical: z.string() }) satisfies ShapeOf<RoutingWeights>;
	// @ts-expect-error an optional field is missing
	({ dailyLimit: z.number(), monthlyLimit: z.number() }) satisfies ShapeOf<
		Pick<BudgetConfig, 'dailyLimit' | 'monthlyLimit' | 'perRequestLimit'>
	>;
});

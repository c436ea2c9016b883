import * as z from 'zod';
import type { BudgetConfig } from '../../contracts/index.ts';
import type { BudgetLayer } from '../config-layer.ts';
import { alertTargetsSchema, budgetActionSchema, budgetRulesSchema } from './budget-rules.ts';
import { partialShape, type ShapeOf } from './shape.ts';
import { timeZoneSchema } from './time-zone.ts';

const usd = (what: string) => z.number().min(0).max(9_000_000).describe(what);
const percent = (what: string) => z.number().min(0).max(100).describe(what);

const alerts = {
	dailyWarning: percent('Percent of the daily limit at which a warning is given'),
	monthlyWarning: percent('Percent of the monthly limit at which a warning is given'),
} satisfies ShapeOf<BudgetConfig['alerts']>;

const shape = {
	dailyLimit: usd('USD per calendar day'),
	monthlyLimit: usd('USD per calendar month'),
	timezone: timeZoneSchema,
} satisfies ShapeOf<Pick<BudgetConfig, 'dailyLimit' | 'monthlyLimit' | 'timezone'>>;

/** Fields that may be missing in the whole, too. */
const choices = {
	atLimit: budgetActionSchema,
	rules: budgetRulesSchema,
	notify: alertTargetsSchema,
} satisfies ShapeOf<Required<Pick<BudgetConfig, 'atLimit' | 'rules' | 'notify'>>>;

const perRequestLimit = usd('USD per request');

/** A complete budget whose limits agree with each other. */
export const budgetSchema: z.ZodType<BudgetConfig> = z
	.strictObject({
		...shape,
		...partialShape(choices),
		perRequestLimit: z.exactOptional(perRequestLimit),
		alerts: z.strictObject(alerts),
	} satisfies ShapeOf<BudgetConfig>)
	.refine((budget) => budget.dailyLimit <= budget.monthlyLimit, {
		path: ['dailyLimit'],
		error: (issue) =>
			`is above budget.monthlyLimit (${explainLimits(issue.input)}). Lower it, or raise the monthly limit.`,
	});

function explainLimits(budget: unknown): string {
	if (typeof budget !== 'object' || budget === null || !('dailyLimit' in budget) || !('monthlyLimit' in budget))
		return '';
	return `$${budget.dailyLimit} a day, $${budget.monthlyLimit} a month`;
}

/** What one source says of the budget. */
export const budgetLayerSchema: z.ZodType<BudgetLayer> = z
	.strictObject({
		...partialShape(shape),
		...partialShape(choices),
		perRequestLimit: z.exactOptional(perRequestLimit.nullable().describe('USD per request; null means no limit')),
		alerts: z.exactOptional(z.strictObject(partialShape(alerts)).describe('When to warn')),
	} satisfies ShapeOf<BudgetLayer>)
	.describe('Limits on spending, in USD');

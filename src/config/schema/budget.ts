import * as z from 'zod';
import {
	type AlertTargets,
	type BudgetAction,
	type BudgetConfig,
	type BudgetRule,
	TASK_TYPES,
} from '../../contracts/index.ts';
import type { BudgetLayer } from '../switchyard-config.ts';
import { partialShape, type ShapeOf, text, timeZoneSchema } from './shape.ts';

const SECRET_REFERENCE = /^env:[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/** What happens at a limit. */
const budgetActionSchema: z.ZodType<BudgetAction> = z
	.enum(['refuse', 'downgrade', 'local-only'])
	.describe('What happens at a limit: refuse, downgrade to what fits, or go on with local models only');

const required = {
	scope: z
		.enum(['all', 'key', 'team', 'tag', 'session', 'model', 'task-type'])
		.describe('Whose spending the rule limits'),
	period: z
		.enum(['request', 'hour', 'day', 'week', 'month', 'total'])
		.describe('Over which time it is summed; total never resets'),
	limit: z.number().min(0).max(9_000_000).describe('USD'),
};
const optional = {
	of: text().describe('Name of the key, team, tag, session, model or task type; left out: each one separately'),
	kind: z.enum(['hard', 'soft']).describe('A soft limit alerts and refuses nothing'),
	atLimit: budgetActionSchema,
	warnAt: z.array(z.number().gt(0).max(100)).max(10).describe('Percentages of the limit at which an alert speaks'),
};

const rule = z
	.strictObject({ ...required, ...partialShape(optional) } satisfies ShapeOf<BudgetRule>)
	.refine(({ scope, of }) => scope !== 'all' || of === undefined, {
		path: ['of'],
		error: 'has no meaning for the scope "all". Leave it out, or choose another scope',
	})
	.refine(({ scope, of }) => scope !== 'task-type' || of === undefined || TASK_TYPES.some((type) => type === of), {
		path: ['of'],
		error: `is no task type, so the rule would limit nothing. Write one of ${TASK_TYPES.join(', ')}`,
	})
	.refine(({ period, kind }) => period !== 'request' || kind !== 'soft', {
		path: ['kind'],
		error: 'cannot be soft for single requests: there is no period to warn of. Leave it out, or choose a period',
	});

function ruleName({ scope, of, period, kind }: BudgetRule): string {
	return JSON.stringify([scope, of ?? null, period, kind ?? 'hard']);
}

/** Limits beside the daily, the monthly and the per-request one. */
const budgetRulesSchema: z.ZodType<readonly BudgetRule[]> = z
	.array(rule)
	.max(200)
	.superRefine((rules, context) => {
		const seen = new Map<string, number>();
		for (const [index, one] of rules.entries()) {
			const first = seen.get(ruleName(one));
			if (first === undefined) seen.set(ruleName(one), index);
			else {
				const message = `limits the same as rule ${first}. Keep one of them`;
				context.addIssue({ code: 'custom', path: [index], message });
			}
		}
	})
	.describe('Limits for keys, teams, tags, sessions, models and task types; all that apply must pass');

function isHttp(value: string): boolean {
	return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

const webhook = z.strictObject({
	url: z.string().max(2000).refine(isHttp, { error: 'must be an http or https address' }).describe('Where alerts go'),
	...partialShape({
		secret: z
			.string()
			.regex(SECRET_REFERENCE, {
				error: 'must name an environment variable, e.g. "env:ALERT_SECRET": secrets are never kept in this file',
			})
			.describe('Environment variable that holds the secret the alerts are signed with, as env:NAME'),
	}),
});

/** Where alerts go beside log and events. */
const alertTargetsSchema: z.ZodType<AlertTargets> = z
	.strictObject(
		partialShape({
			webhook,
			command: z.array(text(2000)).min(1).max(50).describe('A program and its arguments; the alert is on its input'),
		} satisfies ShapeOf<Required<AlertTargets>>),
	)
	.describe('Where budget alerts go beside log and events');

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

import * as z from 'zod';
import {
	type AlertTargets,
	BUDGET_ACTIONS,
	BUDGET_SCOPES,
	type BudgetConfig,
	type BudgetRule,
	MAX_USD,
	RULE_PERIODS,
} from '../../contracts/index.ts';
import { checkTimeZone, findRuleIssues, MAX_BUDGET_RULES, MAX_RULE_WARNINGS } from '../../cost/index.ts';
import type { BudgetLayer } from '../switchyard-config.ts';
import { judgedBy, partialShape, type ShapeOf, secretReference, sectionSchema, text } from './shape.ts';

const usd = (what: string) => z.number().min(0).max(MAX_USD).describe(what);
const percent = (what: string) => z.number().min(0).max(100).describe(what);

function isHttp(value: string): boolean {
	return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** What one source says of the budget. */
export function createBudgetSchema(): z.ZodType<BudgetLayer> {
	const action = z
		.enum(BUDGET_ACTIONS)
		.describe(
			'What happens at a limit: refuse, downgrade to what fits, or go on with local models only; left out: refuse a model asked for by name, else downgrade',
		);
	const rule = z.strictObject({
		scope: z.enum(BUDGET_SCOPES).describe('Whose spending the rule limits'),
		period: z.enum(RULE_PERIODS).describe('Over which time it is summed; total never resets'),
		limit: usd('USD'),
		...partialShape({
			of: text().describe(
				'Id of the key, or name of the team, tag, session, model or task type; left out: each one separately',
			),
			shared: z
				.boolean()
				.describe('For tags and sessions: all keys spend from one limit; otherwise each key has it to itself'),
			kind: z.enum(['hard', 'soft']).describe('A soft limit alerts and refuses nothing'),
			atLimit: action,
			warnAt: z
				.array(z.number().gt(0).max(100))
				.max(MAX_RULE_WARNINGS)
				.describe('Percentages of the limit at which an alert speaks'),
		}),
	} satisfies ShapeOf<BudgetRule>);

	const webhook = z.strictObject({
		url: z.string().max(2000).refine(isHttp, { error: 'must be an http or https address' }).describe('Where alerts go'),
		...partialShape({
			secret: secretReference(
				'ALERT_SECRET',
				'Environment variable that holds the secret the alerts are signed with, as env:NAME',
			),
		}),
	});

	const notify = sectionSchema(
		{
			webhook,
			command: z.array(text(2000)).min(1).max(50).describe('A program and its arguments; the alert is on its input'),
		} satisfies ShapeOf<Required<AlertTargets>>,
		'Where budget alerts go beside log and events',
	);

	const alerts = {
		dailyWarning: percent('Percent of the daily limit at which a warning is given'),
		monthlyWarning: percent('Percent of the monthly limit at which a warning is given'),
	} satisfies ShapeOf<BudgetConfig['alerts']>;

	return sectionSchema(
		{
			dailyLimit: usd('USD per calendar day'),
			monthlyLimit: usd('USD per calendar month'),
			timezone: z
				.string()
				.max(100)
				.superRefine(judgedBy(checkTimeZone))
				.describe('IANA time zone in which days and months begin'),
			atLimit: action,
			rules: z
				.array(rule)
				.max(MAX_BUDGET_RULES)
				.superRefine(judgedBy(findRuleIssues))
				.describe('Limits for keys, teams, tags, sessions, models and task types; all that apply must pass'),
			notify,
			perRequestLimit: usd('USD per request').nullable().describe('USD per request; null means no limit'),
			alerts: sectionSchema(alerts, 'When to warn'),
		} satisfies ShapeOf<Required<BudgetLayer>>,
		'Limits on spending, in USD',
	);
}

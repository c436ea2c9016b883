import type { IntervalEstimate, OffPolicyReport } from '../evaluate/index.ts';
import { type EvaluatePolicyOptions, evaluatePolicy, type PolicyEvaluation } from '../system/index.ts';
import { DAY_MS } from '../util/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { formatSection, formatUsd } from './output.ts';
import { assertDayOrder } from './report-period.ts';
import type { Session } from './session.ts';
import { formatTable, getColumns, wrapText } from './terminal-text.ts';

/** Flags of `evaluate --policy`. */
export interface EvaluatePolicyFlags {
	policy: string;
	from?: string;
	to?: string;
	workload?: string;
	clip?: number;
	onlySupported?: boolean;
}

/** What is known of one kind of reward. */
interface Reward {
	name: string;
	report: OffPolicyReport;
	format: (value: number) => string;
	formatDifference: (value: number) => string;
}

const withSign = (value: number, text: string): string => `${value < 0 ? '-' : '+'}${text}`;

function listRewards({ cost, quality, success }: PolicyEvaluation): Reward[] {
	const points = (value: number) => value.toFixed(1);
	const usd = (value: number) => formatUsd(1000 * value, 2);
	const format = { format: points, formatDifference: (value: number) => withSign(value, points(Math.abs(value))) };
	const ofCost = { format: usd, formatDifference: (value: number) => withSign(value, usd(Math.abs(value))) };
	return [
		...(quality === null ? [] : [{ name: 'quality (0-100)', report: quality, ...format }]),
		...(success === null ? [] : [{ name: 'success (%)', report: success, ...format }]),
		...(cost === null ? [] : [{ name: 'cost ($/1,000)', report: cost, ...ofCost }]),
	];
}

/** What sums of equal numbers differ by. */
const ROUNDING = 1e-9;

/** Every interval is symmetric. Where nothing varies there is none: a width of 0 would be a claim to know. */
function formatInterval(estimate: IntervalEstimate, format: (value: number) => string, difference = format): string {
	const { high, standardError, value } = estimate;
	if (standardError <= ROUNDING * Math.max(1, Math.abs(value))) return difference(value);
	return `${difference(value)} ± ${Number.isFinite(high) ? format(high - value) : '∞'}`;
}

function formatRewards(rewards: readonly Reward[]): string[] {
	const rows = rewards.map(({ format, formatDifference, name, report }) => [
		name,
		report.logged === null ? '-' : formatInterval(report.logged, format),
		report.estimates === null ? '-' : formatInterval(report.estimates.dr, format),
		report.difference === null ? '-' : formatInterval(report.difference.dr, format, formatDifference),
		report.verdict,
	]);
	return ['', formatTable(['', '>used', '>policy (DR)', '>difference', 'verdict'], rows)];
}

function formatEstimators(rewards: readonly Reward[]): string[] {
	const rows = rewards.flatMap(({ format, name, report }) => {
		const { estimates } = report;
		if (estimates === null) return [];
		const { dm, dr, ips, snips } = estimates;
		return [[name, ...[ips, snips, dm, dr].map((estimate) => formatInterval(estimate, format))]];
	});
	return rows.length === 0 ? [] : ['', formatTable(['', '>IPS', '>SNIPS', '>DM', '>DR'], rows)];
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

function formatWeights(rewards: readonly Reward[]): string[] {
	const rows = rewards.map(({ name, report: { choices, observed, weights } }) => {
		const { clippedAt, clippedShare, effectiveSampleSize, largest, mean, topPercentShare } = weights;
		return [
			name,
			`${observed} of ${choices}`,
			effectiveSampleSize.toFixed(0),
			mean.value.toFixed(2),
			(largest[0]?.weight ?? 0).toFixed(1),
			percent(topPercentShare),
			clippedAt === null ? 'none' : `${percent(clippedShare)} at ${clippedAt}`,
		];
	});
	const head = ['Weights', '>known', '>effective', '>average', '>largest', '>top 1 %', '>cut'];
	return ['', formatTable(head, rows), 'Effective: the sample size. Top 1 %: the share of all weight that they have.'];
}

/** What a policy cannot be evaluated without. */
const REMEDIES = [
	'The log cannot tell what it never did. One of these can:',
	'- "learning.exploration.floor": 0.02 in the configuration tries each other model on one request in fifty from now on, within "dailyCost" and "dailyPoints" ("share" alone tries near-ties only);',
	'- --only-supported follows the policy only where the log can tell, and what was done elsewhere;',
	'- "switchyard evaluate --tasks" asks the models themselves, within a budget.',
];

function formatUnsupported({ unsupported, verdict }: OffPolicyReport): string[] {
	if (unsupported.contexts === 0) return [];
	const lines = unsupported.models.map(({ contexts, examples, model }) => {
		const shown = examples.slice(0, 3).join(', ');
		const more = contexts > 3 ? ', …' : '';
		return `- ${model} in ${contexts} ${contexts === 1 ? 'context' : 'contexts'} where ${model} had probability 0: ${shown}${more}`;
	});
	const isRefused = verdict === 'unidentifiable';
	const heading = isRefused ? 'Unidentifiable: the policy picks' : 'As they were, for the policy picks there';
	return [...formatSection(`${heading}`, lines), ...(isRefused ? ['', ...REMEDIES] : [])];
}

function formatEvaluation(evaluation: PolicyEvaluation): string {
	const { changed, decisions, evaluated, leftOut, policy, range, repeated, withoutConversation } = evaluation;
	const toDay = (at: number) => new Date(at).toISOString().slice(0, 10);
	const rewards = listRewards(evaluation);
	const [first] = rewards;
	const weak = rewards.flatMap(({ name, report }) =>
		report.verdict === 'insufficient' ? report.reasons.map((reason) => `- ${name}: ${reason}`) : [],
	);
	return [
		`Policy ${policy.name} ${policy.version} on ${evaluated} of ${decisions} decisions${range === null ? '' : `, ${toDay(range.from)} to ${toDay(range.to - 1)}`}`,
		...formatSection(
			'Left out:',
			leftOut.map(({ cause, decisions: count }) => `- ${count}: ${cause}`),
		),
		...(first === undefined
			? ['', 'Nothing is left to evaluate the policy on.']
			: [
					'',
					`It picks another model than was used in ${changed}. Conversations: ${first.report.clusters}; ${withoutConversation} requests belong to none and count as one each.`,
					...(repeated.same === repeated.decisions
						? []
						: [`Of ${repeated.decisions} decisions of this very policy only ${repeated.same} come out as they were.`]),
					...formatUnsupported(first.report),
					...formatRewards(rewards),
					...formatEstimators(rewards),
					...(first.report.verdict === 'unidentifiable' ? [] : formatWeights(rewards)),
					...formatSection('Insufficient, so that no estimate is given:', weak),
					'',
					'Intervals are of 95 %, by conversation; a figure without one did not vary. IPS and SNIPS weigh what was logged, DM predicts it, DR does both.',
				]),
	].join('\n');
}

/** Evaluates a policy on logged decisions. Exit code 1 where the log cannot tell. */
export async function showPolicyEvaluation({ output, system }: Session, flags: EvaluatePolicyFlags): Promise<void> {
	assertDayOrder(flags.from, flags.to, ['--from', '--to']);
	const options: EvaluatePolicyOptions = {
		policy: flags.policy,
		range: {
			from: flags.from === undefined ? 0 : Date.parse(flags.from),
			to: flags.to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(flags.to) + DAY_MS,
		},
		workload: flags.workload,
		clipAt: flags.clip,
		isSupportedOnly: flags.onlySupported === true,
	};
	const evaluation = await output.progress('Evaluating', () => evaluatePolicy(system, options));
	output.result(evaluation, () => wrapText(formatEvaluation(evaluation), getColumns()));
	const { cost, quality, success } = evaluation;
	const canTell = [cost, quality, success].some((report) => report?.verdict === 'estimated');
	if (!canTell) process.exitCode = EXIT_CODES.error;
}

import { getRunTag } from '../../contracts/index.ts';
import type { EvaluationEnd, RunSummary } from '../../evaluate/index.ts';
import { formatSection, formatUsd, type Output } from '../output.ts';
import { formatTable } from '../terminal-text.ts';

/** A run as it is shown. */
export interface ShownRun extends RunSummary, EvaluationEnd {
	run: string;
	budgetUsd: number;
	spentUsd: number;
	/** Answers that count for learning from now on. */
	learned: number;
}

type Model = RunSummary['models'][number];
type Judge = NonNullable<RunSummary['judge']>;
type Interval = { value: number; low: number; high: number };

const toPercent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const formatShare = ({ high, low, value }: Interval): string =>
	`${toPercent(value)} (${(100 * low).toFixed(0)}-${(100 * high).toFixed(0)})`;
/** A mean and half its interval; the mean alone where one conversation gives no interval. */
function formatMean({ high, value }: Interval, digits: number): string {
	return `${value.toFixed(digits)}${Number.isFinite(high) ? ` ± ${(high - value).toFixed(digits)}` : ''}`;
}

function formatCost(costPer1000: Model['costPer1000']): string {
	return costPer1000 === null ? 'unpriced' : `$${formatMean(costPer1000, costPer1000.value >= 1 ? 2 : 3)}`;
}

const inSeconds = ({ high, low, value }: Interval): Interval => ({
	value: value / 1000,
	low: low / 1000,
	high: high / 1000,
});

function formatModels(models: readonly Model[]): string[] {
	const sources = ['check', 'judge'] as const;
	return sources.flatMap((source) => {
		const own = models.filter(({ by }) => by === source);
		const title =
			source === 'check'
				? 'By checks (95 % intervals over conversations):'
				: 'By the judge (95 % intervals over conversations):';
		const rows = own.map((model) => [
			model.taskType ?? 'all',
			model.model,
			`${model.tasks}`,
			model.quality === null ? 'withheld' : formatShare(model.quality),
			formatCost(model.costPer1000),
			formatMean(inSeconds(model.latencyMs), 1),
			model.cut === 0 ? '' : `${model.cut}`,
		]);
		const head = [
			'type',
			'model',
			'>tasks',
			source === 'check' ? '>passed' : '>won',
			'>$/1,000',
			'>seconds',
			'>cut off',
		];
		return formatSection(title, rows.length === 0 ? [] : [formatTable(head, rows)]);
	});
}

function formatBest(best: RunSummary['best']): string[] {
	return formatSection(
		'Best:',
		best.map(({ by, confidence, isShown, model, taskType }) => {
			const where = `${taskType ?? 'all'}${by === 'judge' ? ', judged' : ''}`;
			const percent = (100 * Math.min(confidence, 0.999)).toFixed(1);
			if (isShown) return `- ${where}: ${model} (${percent} % sure)`;
			// as sure as a coin: models that are equally good, and the one that happens to be named first
			const isLeading = Number(percent) > 50;
			return `- ${where}: undecided${isLeading ? `; ${model} leads (${percent} % sure, 95 % are needed)` : ''}`;
		}),
	);
}

function formatPolicies(policies: RunSummary['policies']): string[] {
	const rows = policies.map(({ costPer1000, gain, name, quality }) => {
		const range =
			gain == null ? '' : `${formatPoints(gain.value)} (${formatPoints(gain.low)} to ${formatPoints(gain.high)})`;
		return [name, formatUsd(costPer1000, 2), toPercent(quality), gain === null ? 'costs less than any' : range];
	});
	return formatSection(
		'What each policy would have made of these tasks, beside one model for all:',
		rows.length === 0
			? []
			: [formatTable(['', '>$/1,000', '>quality', 'points above a random mix at its cost (95 %)'], rows)],
	);
}

const formatPoints = (share: number): string => `${share < 0 ? '-' : '+'}${Math.abs(100 * share).toFixed(1)}`;

function formatAgreement({ high, kappa, low, pairs, undecided }: NonNullable<Judge['agreement']>): string {
	const left = undecided === 0 ? '' : `; on ${undecided} more the judge abstained or gave no verdict`;
	if (pairs === 0) return `none of ${undecided} rated pairs has a verdict`;
	if (!Number.isFinite(kappa)) return `cannot be told, of ${pairs} pairs all are the same${left}`;
	const range = Number.isFinite(low) ? ` (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})` : '';
	return `kappa ${kappa.toFixed(2)}${range} over ${pairs} pairs${pairs < 50 ? '; 50 or more say something' : ''}${left}`;
}

function formatJudge(judge: RunSummary['judge']): string[] {
	if (judge === null) return [];
	const { agreement, findings, identicalNamed, longerWins, pairs, shownFirstWins, wrong } = judge;
	const decided = pairs.first + pairs.second + pairs.tie;
	const share = (label: string, estimate: typeof wrong) =>
		estimate.count === 0 ? [] : [`- ${label}: ${formatShare(estimate)} of ${estimate.count}`];
	return formatSection('The judge:', [
		`- Pairs: ${decided} decided, ${pairs.abstain} abstained (its two orders contradict each other), ${pairs.error} without a verdict`,
		...share('Wrong on pairs with a broken answer', wrong),
		...share('Named a winner of two identical answers', identicalNamed),
		...share('The answer shown first wins', shownFirstWins),
		...share('The longer answer wins', longerWins),
		agreement === null
			? '- Agreement with your ratings: there are none ("rated" in the task file)'
			: `- Agreement with your ratings: ${formatAgreement(agreement)}`,
		...findings.map((finding) => `- ${finding}`),
	]);
}

/** A run in words and tables. */
export function formatRun(shown: ShownRun, output: Output): string {
	const {
		best,
		budgetUsd,
		complete,
		judge,
		judgeFailures,
		leftOut,
		learned,
		models,
		policies,
		reason,
		spentUsd,
		state,
		tasks,
	} = shown;
	const ends = {
		complete: 'Complete',
		'budget-ended': output.style('yellow', 'Budget ended'),
		stopped: output.style('red', 'Stopped'),
	};
	// the limit that the run itself has set is passed by nothing: the next call might have
	const isOwnLimit = state === 'budget-ended' && reason?.includes(getRunTag(shown.run)) === true;
	const said = isOwnLimit ? 'What is left does not hold the most that the next call may cost.' : reason?.split('\n')[0];
	const why = said === undefined ? '' : ` ${said}`;
	return [
		...(judge?.isWithheld === true
			? [output.style('red', 'The judge is not believed: what it says of the models is withheld.'), '']
			: []),
		`${ends[state]}: ${complete} of ${tasks} tasks count, ${formatUsd(spentUsd, 4)} of ${formatUsd(budgetUsd, 2)} spent.${state === 'complete' ? '' : why}`,
		...leftOut.slice(0, 5).map(({ count, reason: what }) => `- Left out: ${what} (${count})`),
		...judgeFailures.slice(0, 3).map(({ count, reason: what }) => `- The judge could not be asked: ${what} (${count})`),
		...formatModels(models),
		...formatBest(best),
		...formatPolicies(policies),
		...formatJudge(judge),
		...(learned === 0
			? []
			: ['', `${learned} checked answers count for learning from the next start of a process on.`]),
	].join('\n');
}

import { nanoToUsd } from '../contracts/index.ts';
import { type ShadowReport, summarizeShadow } from '../evaluate/index.ts';
import { DAY_MS } from '../util/index.ts';
import { formatSection, formatUsd } from './output.ts';
import { assertDayOrder } from './report-period.ts';
import type { Session } from './session.ts';
import { formatTable } from './terminal-text.ts';

/** Comparisons that are read, the newest. */
const MAX_COMPARISONS = 50_000;

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const formatCost = (nano: number | null): string => (nano === null ? 'no price' : formatUsd(1000 * nanoToUsd(nano), 2));

function formatPairs({ judge, pairs }: ShadowReport): string[] {
	if (judge.isWithheld)
		return ['', 'Nothing is said of the models, for their judge failed its checks or was not checked.'];
	const rows = pairs.map(
		({ judged, model, shadowCostNanoUsd, shadowModel, shadowWins, taskType, ties, usedCostNanoUsd }) => [
			taskType === null ? `${shadowModel} for ${model}` : `  ${taskType}`,
			String(judged),
			`${percent(shadowWins.value)} (${percent(shadowWins.low)} to ${percent(shadowWins.high)})`,
			String(ties),
			formatCost(shadowCostNanoUsd),
			formatCost(usedCostNanoUsd),
		],
	);
	return ['', formatTable(['', '>judged', '>better', '>ties', '>$/1,000', '>used $/1,000'], rows)];
}

function formatShadow(report: ShadowReport): string {
	const { compared, drawn, dropped, judge, spentNanoUsd, unpriced } = report;
	if (drawn === 0)
		return 'No request was drawn in that time. "switchyard serve --shadow 2%" draws some, with models and a judge under gateway.shadow.';
	const { faults, replies, wrong } = judge;
	const left = unpriced === 0 ? '' : `, ${unpriced} comparisons in part without a price`;
	return [
		`${compared} of ${drawn} drawn requests compared, for ${formatUsd(nanoToUsd(spentNanoUsd), 4)}${left}`,
		...formatPairs(report),
		...formatSection(
			'Dropped:',
			dropped.map(({ cause, requests }) => `- ${requests}: ${cause}`),
		),
		...formatSection('Judge:', [
			`- ${replies} replies; ${faults.malformed + faults.refused + faults.truncated} no verdict; ${wrong.count === 0 ? 'not checked yet' : `${percent(wrong.value)} of ${wrong.count} wrong where the truth is known`}`,
			...judge.findings.map((finding) => `- ${finding}`),
		]),
		'',
		'Better: share of the verdicts for the model that was asked beside, a tie as half; 95 % by conversation.',
	].join('\n');
}

/** Shows what shadow evaluation has found. */
export async function showShadow(
	{ output, system }: Session,
	flags: { from?: string; to?: string; workload?: string },
): Promise<void> {
	assertDayOrder(flags.from, flags.to, ['--from', '--to']);
	const range = {
		from: flags.from === undefined ? 0 : Date.parse(flags.from),
		to: flags.to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(flags.to) + DAY_MS,
	};
	const rows = await (await system.flush()).shadow.list(range, MAX_COMPARISONS);
	const report = summarizeShadow(
		flags.workload === undefined ? rows : rows.filter(({ workload }) => workload === flags.workload),
	);
	output.result(report, () => formatShadow(report));
}

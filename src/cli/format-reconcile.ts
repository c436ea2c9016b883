import type { ReconcileDifference, ReconcilePlan, ReconcileReport } from '../index.ts';
import { formatTable, type Output } from './output.ts';

const NANO_PER_USD = 1_000_000_000;

function usd(nano: number): string {
	return `${nano < 0 ? '-' : ''}$${(Math.abs(nano) / NANO_PER_USD).toFixed(6)}`;
}

function signed(nano: number): string {
	return nano > 0 ? `+${usd(nano)}` : usd(nano);
}

function toUsd(nano: number): number {
	return nano / NANO_PER_USD;
}

function differenceRows(difference: ReconcileDifference): string[][] {
	const { day, model, ledger, provider, deltaNanoUsd, causes } = difference;
	const [first, ...more] = causes;
	const why = (cause: typeof first) =>
		cause === undefined
			? ''
			: `${cause.reason}${more.length > 0 ? ` ${signed(cause.amountNanoUsd)}` : ''}: ${cause.explanation}`;
	const figures = [usd(ledger.costNanoUsd), usd(provider.costNanoUsd), signed(deltaNanoUsd)];
	return [
		[day, model ?? '(all models)', ...figures, why(first)],
		...more.map((cause) => ['', '', '', '', '', why(cause)]),
	];
}

function holdLines({ holds }: ReconcileReport): string[] {
	if (holds.length === 0) return [];
	const words = { settle: 'was billed', release: 'was never billed', leave: 'is not known yet' };
	const lines = holds.map(
		({ hold, day, plan, settleNanoUsd }) =>
			`- ${day} ${hold.model ?? ''} held ${usd(hold.amountNanoUsd)}: ${plan === 'settle' ? `${usd(settleNanoUsd)} ` : ''}${words[plan]}`,
	);
	return ['', 'Unknown spend of processes that died:', ...lines];
}

/** The comparison for people. */
export function reconcileText(report: ReconcileReport, output: Output): string {
	const { provider, from, to, differences, compared, agreed, unknownModels } = report;
	const headers = ['Day', 'Model', '>Ledger', '>Provider', '>Difference', 'Why'];
	const table = differences.length === 0 ? [] : ['', formatTable(headers, differences.flatMap(differenceRows))];
	const unknown = unknownModels.map(
		({ model, costNanoUsd, tokens }) => `- ${model}: ${usd(costNanoUsd)}, ${tokens} tokens`,
	);
	return [
		output.heading(`Reconciliation with ${provider} (${from} to ${to}, UTC)`),
		'',
		`Ledger ${usd(report.ledgerNanoUsd)}, provider ${usd(report.providerNanoUsd)}, difference ${signed(report.deltaNanoUsd)}`,
		`${agreed} of ${compared} days and models agree${report.isWithinTolerance ? '; all are within tolerance' : ''}.`,
		...table,
		...holdLines(report),
		...(unknown.length === 0 ? [] : ['', 'Not compared, for the catalog does not know them:', ...unknown]),
	].join('\n');
}

/** What would be, or is about to be, done. */
export function planText(plan: ReconcilePlan, { isApplied }: { isApplied: boolean }): string {
	const count = plan.corrections.length + plan.settlements.length + plan.releases.length;
	if (count === 0) return '\nThere is nothing to correct.';
	return [
		'',
		isApplied ? 'Plan:' : 'With --apply:',
		...plan.corrections.map(
			(row) => `- correct ${row.corrects} (${row.model}) by ${signed(row.costNanoUsd ?? 0)}: ${row.reason}`,
		),
		...plan.settlements.map(({ hold, entry }) => `- settle the hold ${hold.id} at ${usd(entry.costNanoUsd ?? 0)}`),
		...plan.releases.map(({ id, amountNanoUsd }) => `- release the hold ${id} of ${usd(amountNanoUsd)}`),
	].join('\n');
}

/** The comparison and the plan as JSON, money in USD. */
export function reconcileJson(report: ReconcileReport, plan: ReconcilePlan): unknown {
	const figures = ({ costNanoUsd, ...rest }: ReconcileDifference['ledger']) => ({ ...rest, cost: toUsd(costNanoUsd) });
	return {
		provider: report.provider,
		from: report.from,
		to: report.to,
		compared: report.compared,
		agreed: report.agreed,
		withinTolerance: report.isWithinTolerance,
		ledgerCost: toUsd(report.ledgerNanoUsd),
		providerCost: toUsd(report.providerNanoUsd),
		difference: toUsd(report.deltaNanoUsd),
		differences: report.differences.map((difference) => ({
			day: difference.day,
			model: difference.model,
			ledger: figures(difference.ledger),
			provider: figures(difference.provider),
			providerCostIsDerived: difference.isCostDerived,
			difference: toUsd(difference.deltaNanoUsd),
			withinTolerance: difference.isWithinTolerance,
			causes: difference.causes.map(({ reason, amountNanoUsd, explanation }) => ({
				reason,
				amount: toUsd(amountNanoUsd),
				explanation,
			})),
		})),
		holds: report.holds.map(({ hold, day, plan: fate, settleNanoUsd }) => ({
			id: hold.id,
			day,
			model: hold.model ?? null,
			held: toUsd(hold.amountNanoUsd),
			plan: fate,
			settle: toUsd(settleNanoUsd),
		})),
		unknownModels: report.unknownModels.map(({ costNanoUsd, ...rest }) => ({ ...rest, cost: toUsd(costNanoUsd) })),
		plan: {
			corrections: plan.corrections.map(({ id, corrects, model, costNanoUsd, reason }) => ({
				id,
				corrects,
				model,
				cost: toUsd(costNanoUsd ?? 0),
				reason,
			})),
			settle: plan.settlements.map(({ hold, entry }) => ({ id: hold.id, cost: toUsd(entry.costNanoUsd ?? 0) })),
			release: plan.releases.map(({ id }) => id),
			moved: toUsd(plan.movedNanoUsd),
		},
	};
}

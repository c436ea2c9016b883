import type { BudgetLimitStatus } from '../index.ts';
import { formatUsd } from './output.ts';

function title({ scope, period }: BudgetLimitStatus): string {
	return `${scope === 'all' ? 'everything' : scope} per ${period}`;
}

function spending({ spentUsd, heldUsd, unknownUsd, limitUsd }: BudgetLimitStatus): string {
	if (spentUsd === null) return `at most ${formatUsd(limitUsd)}`;
	const held = heldUsd !== null && heldUsd > 0 ? `, ${formatUsd(heldUsd)} held` : '';
	const unknown = unknownUsd !== null && unknownUsd > 0 ? `, of it ${formatUsd(unknownUsd)} unknown` : '';
	const percent = limitUsd === 0 ? 100 : (100 * spentUsd) / limitUsd;
	return `${formatUsd(spentUsd)} / ${formatUsd(limitUsd)} (${percent.toFixed(1)}%${held}${unknown})`;
}

/** The limits beside the daily and the monthly one, a line each; nothing when there are none. */
export function ruleLines(limits: readonly BudgetLimitStatus[]): string[] {
	const rules = limits.slice(2);
	if (rules.length === 0) return [];
	const lines = rules.map((limit) => {
		const what = limit.kind === 'soft' ? 'only warns' : `at the limit: ${limit.atLimit}`;
		return `- ${title(limit)}: ${spending(limit)}; ${what}`;
	});
	return ['', 'Limits:', ...lines];
}

/** What processes that died may have spent, and how to settle it; nothing when there is none. */
export function unknownLines(limits: readonly BudgetLimitStatus[]): string[] {
	const unknown = limits.find(({ unknownUsd }) => unknownUsd !== null && unknownUsd > 0);
	if (unknown === undefined) return [];
	return [
		'',
		`Unknown: ${formatUsd(unknown.unknownUsd ?? 0)} was held by processes that ended before they could say what was spent. It counts as spent; \`switchyard reconcile\` settles it from the provider's usage export.`,
	];
}

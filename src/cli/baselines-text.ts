import type { BaselineInterval, BaselineWay, RoutingBaselines } from '../contracts/index.ts';
import { formatUsd } from './output.ts';
import { formatTable } from './terminal-text.ts';

const formatPoints = (points: number): string => `${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(1)}`;
const formatGain = ({ value, low, high }: BaselineInterval): string =>
	`${formatPoints(value)} points (95 %: ${formatPoints(low)} to ${formatPoints(high)})`;

/** The line that comes before everything else where routing loses; none where it does not. */
export function formatDefeat({ gain, judged, verdict }: RoutingBaselines): string[] {
	if (verdict !== 'behind' || gain === null) return [];
	return [
		`Routing loses to a random mix of two models at the same cost: ${formatGain(gain)}, over ${judged} judged answers.`,
		'',
	];
}

/** Routing beside what anybody could do without it, with what is not measured said as such. */
export function formatBaselines(baselines: RoutingBaselines): string[] {
	const { bestSingle, cheapest, coin, costPer1000, gain, judged, leftOut, quality, requests, strongest } = baselines;
	if (requests === 0) return [];
	const toRow = (name: string, way: BaselineWay | null): string[] =>
		way === null
			? [name, '-', '-', 'none costs as little']
			: [name, formatUsd(way.costPer1000, 2), way.quality?.toFixed(1) ?? '-', way.models.join(' + ')];
	const own = quality === null ? '-' : `${quality.value.toFixed(1)}`;
	const rows = [
		['routing', formatUsd(costPer1000, 2), own, ''],
		toRow('always the cheapest', cheapest),
		toRow('always the strongest', strongest),
		toRow('best single at its cost', bestSingle),
		toRow('coin at its cost', coin),
	];
	const verdict =
		gain === null
			? `Quality is not measured: ${judged} of ${requests} answers were judged, 30 are needed ("switchyard feedback").`
			: `Gain over the coin: ${formatGain(gain)}, over ${judged} judged answers.`;
	const left = leftOut === 0 ? '' : ` ${leftOut} requests could not be compared.`;
	return [
		'',
		'Beside choosing without a router:',
		formatTable(['', '>$/1,000', '>quality', 'models'], rows),
		`${verdict}${left}`,
	];
}

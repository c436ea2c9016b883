import type { BaselineInterval, BaselineWay, RoutingBaselines } from '../contracts/index.ts';
import { formatCount, formatMoney, toNano } from './format.ts';
import { DataTable, Money, Name } from './parts.tsx';

/** `71.2–84.0` */
export function formatInterval({ high, low }: Pick<BaselineInterval, 'low' | 'high'>): string {
	return `${low.toFixed(1)}–${high.toFixed(1)}`;
}

/** Points with their sign. */
export function formatPoints(points: number): string {
	return `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;
}

/** Whether routing was worth it, in a sentence with its interval and how many judgements it is from. */
export function describeVerdict({ gain, judged, requests, verdict }: RoutingBaselines): string {
	if (verdict === 'unmeasured' || gain === null)
		return judged < 30
			? `Quality is not measured: ${formatCount(judged)} of ${formatCount(requests)} answers were judged, and 30 are needed.`
			: 'Routing is not compared: no mix of models costs what was spent.';
	const points = `${formatPoints(gain.value)} points (95 %: ${formatPoints(gain.low)} to ${formatPoints(gain.high)}, n ${formatCount(judged)})`;
	return {
		ahead: `Routing is better than a random mix of two models at the same cost: ${points}.`,
		behind: `Routing loses to a random mix of two models at the same cost: ${points}.`,
		undecided: `Routing and a random mix of two models at the same cost cannot be told apart: ${points}.`,
	}[verdict];
}

interface Row extends BaselineWay {
	name: string;
}

/** Routing first, then the other ways that there are. */
function listWays({ bestSingle, cheapest, coin, costPer1000, quality, strongest }: RoutingBaselines): Row[] {
	const routing: BaselineWay = { models: [], costPer1000, quality: quality?.value ?? null, interval: quality };
	const ways = {
		Routing: routing,
		'Always the cheapest': cheapest,
		'Always the strongest': strongest,
		'Best single model at its cost': bestSingle,
		'Coin at its cost': coin,
	};
	return Object.entries(ways).flatMap(([name, way]) => (way === null ? [] : [{ name, ...way }]));
}

/** What each way costs and how good it is. */
export function BaselineTable({ baselines }: { baselines: RoutingBaselines }) {
	return (
		<DataTable
			label="Routing beside choosing without it"
			rows={listWays(baselines)}
			keyOf={({ name }) => name}
			columns={[
				{ head: 'Way to choose', cell: ({ name }) => name },
				{
					head: 'Models',
					isOptional: true,
					cell: ({ models }) =>
						models.length === 0 ? <span class="muted">as decided</span> : <Name>{models.join(' + ')}</Name>,
				},
				{
					head: 'USD per 1,000',
					isNumber: true,
					cell: ({ costPer1000 }) => <Money nano={toNano(costPer1000)} />,
				},
				{
					head: 'Quality (95 %)',
					isNumber: true,
					cell: ({ interval, quality }) =>
						quality === null ? (
							<span class="muted">not measured</span>
						) : (
							`${quality.toFixed(1)}${interval === null ? '' : ` (${formatInterval(interval)})`}`
						),
				},
			]}
		/>
	);
}

/** Pixels of the picture's height, and between two labels at least. */
const HEIGHT = 220;
const LABEL_STEP = 18;

/** Cost to the right, quality upwards, each way as a mark with its interval. The table beside it holds the same figures. */
export function QualityPlot({ baselines }: { baselines: RoutingBaselines }) {
	const points = mergeSame(listWays(baselines));
	const lows = points.map(({ low }) => low);
	const highs = points.map(({ high }) => high);
	const [bottom, top] = [
		Math.max(0, Math.floor(Math.min(...lows) - 1)),
		Math.min(100, Math.ceil(Math.max(...highs) + 1)),
	];
	const most = Math.max(...points.map(({ costPer1000 }) => costPer1000), Number.MIN_VALUE);
	const toY = (quality: number) => (HEIGHT * (top - quality)) / (top - bottom);
	let free = 0;
	const placed = points
		.toSorted((a, b) => b.quality - a.quality)
		.map((point) => {
			const label = Math.max(toY(point.quality) - LABEL_STEP / 2, free);
			free = label + LABEL_STEP;
			return { ...point, x: (100 * point.costPer1000) / most, label };
		});
	// labels that ran over the lower edge are moved up, all that touch them too
	let edge = HEIGHT;
	for (const point of placed.toReversed()) {
		point.label = Math.min(point.label, edge - LABEL_STEP);
		edge = point.label;
	}
	return (
		<figure class="plot">
			<div role="img" aria-label="Cost and quality of each way to choose; the table below has the figures.">
				<span class="axis-top">{`Quality ${top}`}</span>
				<span class="axis-bottom">{bottom}</span>
				<div class="marks" style={{ height: `${HEIGHT}px` }}>
					{placed.map(({ high, label, low, name, quality, x }) => (
						<div key={name} class={name.startsWith('Routing') ? 'main' : ''}>
							<i
								class="reach"
								style={{ left: `${x}%`, top: `${toY(high)}px`, height: `${Math.max(1, toY(low) - toY(high))}px` }}
							/>
							<i class="point" style={{ left: `${x}%`, top: `${toY(quality)}px` }} />
							<span
								style={{
									top: `${label}px`,
									...(x > 50 ? { right: `calc(${100 - x}% + 10px)` } : { left: `calc(${x}% + 10px)` }),
								}}
							>
								{name}
							</span>
						</div>
					))}
				</div>
			</div>
			<figcaption class="note">
				<span>$0</span>
				<span>{`${formatMoney(toNano(most))} per 1,000 requests`}</span>
			</figcaption>
		</figure>
	);
}

interface Point {
	name: string;
	costPer1000: number;
	quality: number;
	low: number;
	high: number;
}

/** The ways with a quality; those of the same cost and quality are one mark with all their names. */
function mergeSame(ways: readonly Row[]): Point[] {
	const points = new Map<string, Point>();
	for (const { costPer1000, interval, name, quality } of ways) {
		if (quality === null) continue;
		const key = `${costPer1000.toPrecision(6)} ${quality.toFixed(2)}`;
		const known = points.get(key);
		if (known !== undefined) known.name += `, ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
		else
			points.set(key, { name, costPer1000, quality, low: interval?.low ?? quality, high: interval?.high ?? quality });
	}
	return [...points.values()];
}

import uPlot from 'uplot';
import type { SpendForecast } from '../contracts/index.ts';
import { createAxis, usePlot } from './chart.tsx';
import { formatCount, formatMoney, toNano } from './format.ts';
import { DataTable, Money } from './parts.tsx';

/** How many times as high as what is spent the limit is drawn at most: beyond, it would leave nothing of the rest to see. */
const LIMIT_REACH = 4;
const LABEL_PX = 12;

/** Spending of the month by its days, added up; nano-dollars. */
interface MonthSpending {
	/** `2026-11` */
	month: string;
	days: number;
	/** By the end of each day until today. */
	spent: number[];
	/** By the end of each day from today on; empty where nothing is forecast. */
	ahead: Array<{ expected: number; low: number; high: number }>;
}

/** Adds up the days of the month in the budget's zone. Between today and the end the interval is that of the end, in proportion. */
export function addUpMonth(
	daily: ReadonlyArray<{ key: string; costNanoUsd: number | null }>,
	{ days: forecast, month }: SpendForecast,
	today: string,
): MonthSpending {
	const [year = 0, number = 1, day = 1] = today.split('-').map(Number);
	const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
	const byDay = new Map(daily.map(({ costNanoUsd, key }) => [key, costNanoUsd ?? 0]));
	const monthKey = today.slice(0, 7);
	let sum = 0;
	const spent = Array.from({ length: day }, (_, index) => {
		sum += byDay.get(`${monthKey}-${String(index + 1).padStart(2, '0')}`) ?? 0;
		return sum;
	});
	const rest = forecast.slice(0, days - day + 1);
	const whole = rest.reduce((usd, { expected }) => usd + expected, 0);
	let part = 0;
	const ahead =
		month === null
			? []
			: rest.map(({ expected }) => {
					part += whole === 0 ? 0 : expected / whole;
					const reach = (end: number) => toNano(month.spent + part * (end - month.spent)) ?? 0;
					return { expected: reach(month.expected), low: reach(month.low), high: reach(month.high) };
				});
	return { month: monthKey, days, spent, ahead };
}

/** What the month has cost by each day, where it is heading, and its limit. The table below holds the figures. */
export function MonthChart(props: {
	spending: MonthSpending;
	limitUsd: number;
	/** The same in a sentence. */
	label: string;
}) {
	const { label, limitUsd, spending } = props;
	const limit = toNano(limitUsd) ?? 0;
	const { ahead, days, spent } = spending;
	const top = Math.max(...spent, ...ahead.map(({ high }) => high));
	const isLimitSeen = limit <= LIMIT_REACH * top;
	const place = usePlot(
		(element, color) => {
			const [accent, over, text] = [color('--accent'), color('--over'), color('--muted')];
			const axis = createAxis(color);
			const from = spent.length - 1;
			const toLine = (pick: (day: (typeof ahead)[number]) => number) =>
				Array.from({ length: days }, (_, index) => {
					const found = ahead[index - from];
					return found === undefined ? null : pick(found);
				});
			const line = { points: { show: false }, width: 1, stroke: accent };
			return new uPlot(
				{
					width: element.clientWidth,
					height: element.clientHeight,
					legend: { show: false },
					cursor: { show: false },
					scales: {
						x: { time: false, range: [0.5, days + 0.5] },
						y: { range: [0, Math.max(1, 1.2 * Math.max(top, isLimitSeen ? limit : 0))] },
					},
					axes: [
						{ ...axis, grid: { show: false }, incrs: [1, 2, 5, 7, 10], space: 32 },
						{ ...axis, size: 72, values: (_, splits) => splits.map((nano) => formatMoney(nano)) },
					],
					series: [
						{},
						{ ...line, width: 2, points: { show: spent.length === 1, fill: accent } },
						line,
						line,
						{ ...line, dash: [6, 4] },
						{ ...line, stroke: over, dash: [2, 3], show: isLimitSeen },
					],
					bands: [{ series: [2, 3], fill: accent.replace('rgb(', 'rgba(').replace(')', ', 0.2)') }],
					hooks: {
						draw: [
							({ bbox, ctx, valToPos }) => {
								const scale = devicePixelRatio;
								ctx.font = `${LABEL_PX * scale}px system-ui, sans-serif`;
								ctx.fillStyle = text;
								const write = (words: string, nano: number, side: 'left' | 'right') => {
									ctx.textAlign = side;
									const x = side === 'left' ? bbox.left + 4 * scale : bbox.left + bbox.width - 4 * scale;
									ctx.fillText(words, x, valToPos(nano, 'y', true) - 6 * scale);
								};
								if (isLimitSeen) write(`limit ${formatMoney(limit)}`, limit, 'left');
								const end = ahead.at(-1);
								if (end !== undefined) write('8 of 10 cases', end.high, 'right');
							},
						],
					},
				},
				[
					Array.from({ length: days }, (_, index) => index + 1),
					Array.from({ length: days }, (_, index) => spent[index] ?? null),
					toLine(({ high }) => high),
					toLine(({ low }) => low),
					toLine(({ expected }) => expected),
					Array.from({ length: days }, () => limit),
				],
				element,
			);
		},
		[spending, limit],
	);
	return (
		<>
			<div class="chart" ref={place} role="img" aria-label={label} />
			<MonthTable spending={spending} />
		</>
	);
}

function MonthTable({ spending: { ahead, month, spent } }: { spending: MonthSpending }) {
	const rows = [
		...spent.map((nano, index) => ({ day: index + 1, nano, range: null })),
		...ahead.map(({ expected, high, low }, index) => ({
			day: spent.length + index,
			nano: expected,
			range: `${formatMoney(low)} to ${formatMoney(high)}`,
		})),
	];
	return (
		<details>
			<summary>Figures of the chart</summary>
			<DataTable
				label="Spend of the month, added up"
				rows={rows}
				keyOf={({ day, range }) => `${day} ${range}`}
				columns={[
					{ head: `Until the end of day, ${month}`, isNumber: true, cell: ({ day }) => formatCount(day) },
					{
						head: 'Spent, USD',
						isNumber: true,
						cell: ({ nano, range }) => <Money nano={nano} isEstimate={range !== null} />,
					},
					{ head: 'In 8 of 10 cases', isNumber: true, cell: ({ range }) => range ?? 'spent' },
				]}
			/>
		</details>
	);
}

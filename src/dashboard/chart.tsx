import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { SpendingBucket } from '../contracts/index.ts';
import { formatBucket, formatMoney } from './format.ts';

/** Models with a colour of their own; the rest are drawn as one. */
const NAMED_SERIES = 5;
/** Parts of the width of a bucket that its bar takes. */
const BAR_SHARE = 0.7;
const MAX_BAR_PX = 48;

/** The models that have a series, in the order in which they are stacked; `null`: all others together. */
export function listSeries(models: readonly string[]): Array<string | null> {
	return models.length <= NAMED_SERIES + 1 ? [...models] : [...models.slice(0, NAMED_SERIES), null];
}

/** The colour of a series by its place, as a CSS value. */
export function seriesColor(index: number): string {
	return `var(--series-${Math.min(index, NAMED_SERIES) + 1})`;
}

/** Nano-dollars of each series in each bucket. */
function readSeries(buckets: readonly SpendingBucket[], series: ReadonlyArray<string | null>): number[][] {
	const named = new Set(series);
	return series.map((model) =>
		buckets.map(({ byModel }) =>
			byModel
				.filter(({ key }) => (model === null ? !named.has(key) : key === model))
				.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0),
		),
	);
}

/** The tops of the stacked series, the whole first: drawn in this order each one hides the lower part of the one before. */
function stack(parts: readonly number[][]): number[][] {
	const tops: number[][] = [];
	for (const part of parts) {
		const below = tops.at(-1);
		tops.push(part.map((value, index) => value + (below?.[index] ?? 0)));
	}
	return tops.reverse();
}

/**
 * Draws a plot into an element, and anew where its width, the theme or an input changes. A token holds the colours of both themes:
 * `color` says what it is in the one that is shown, which only an element knows.
 */
export function usePlot(
	draw: (element: HTMLElement, color: (token: string) => string) => uPlot,
	inputs: readonly unknown[],
): RefObject<HTMLDivElement | null> {
	const place = useRef<HTMLDivElement>(null);
	useEffect(() => {
		const element = place.current;
		if (element === null) return;
		const create = () =>
			draw(element, (token) => {
				element.style.color = `var(${token})`;
				return getComputedStyle(element).color;
			});
		let plot = create();
		const redraw = () => {
			plot.destroy();
			plot = create();
		};
		const sizes = new ResizeObserver(() => {
			if (element.clientWidth !== plot.width) redraw();
		});
		sizes.observe(element);
		const themes = new MutationObserver(redraw);
		themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
		const system = matchMedia('(prefers-color-scheme: dark)');
		system.addEventListener('change', redraw);
		return () => {
			sizes.disconnect();
			themes.disconnect();
			system.removeEventListener('change', redraw);
			plot.destroy();
		};
	}, inputs);
	return place;
}

/** How the axes of every chart look. */
export function createAxis(color: (token: string) => string) {
	return { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
}

/** Spending of each bucket, stacked by model. The table beside it holds the same figures. */
export function SpendChart(props: {
	buckets: readonly SpendingBucket[];
	series: ReadonlyArray<string | null>;
	timezone: string;
	isHourly: boolean;
	label: string;
}) {
	const { buckets, series, timezone, isHourly } = props;
	const place = usePlot(
		(element, color) => {
			const paths = uPlot.paths.bars?.({ size: [BAR_SHARE, MAX_BAR_PX] });
			const axis = createAxis(color);
			const tops = stack(readSeries(buckets, series));
			return new uPlot(
				{
					width: element.clientWidth,
					height: element.clientHeight,
					legend: { show: false },
					cursor: { show: false },
					scales: {
						x: { time: false, range: (_, low, high) => [low - 0.6, high + 0.6] },
						y: { range: (_, _low, high) => [0, Math.max(high * 1.05, 1)] },
					},
					axes: [
						{
							...axis,
							grid: { show: false },
							values: (_, splits) =>
								splits.map((at) => {
									const bucket = buckets[at];
									return bucket === undefined ? '' : formatBucket(bucket.from, timezone, isHourly);
								}),
							incrs: [1, 2, 3, 4, 6, 7, 14, 28],
							space: 64,
						},
						{ ...axis, size: 72, values: (_, splits) => splits.map((nano) => formatMoney(nano)) },
					],
					series: [
						{},
						...tops.map((_, index) => {
							const fill = color(`--series-${Math.min(tops.length - 1 - index, NAMED_SERIES) + 1}`);
							return { stroke: color('--bg'), width: 1, fill, points: { show: false }, ...(paths && { paths }) };
						}),
					],
				},
				[buckets.map((_, index) => index), ...tops],
				element,
			);
		},
		[buckets, series, timezone, isHourly],
	);
	return <div class="chart" ref={place} role="img" aria-label={props.label} />;
}

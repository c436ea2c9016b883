/** One bar. */
export interface Bar {
	label: string;
	value: number;
	/** The value as it is shown. */
	text: string;
}

/** Parts of a full block, from an eighth to seven. */
const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const MAX_LABEL = 28;

function shorten(label: string): string {
	return label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 1)}…` : label;
}

function bar(share: number, width: number, isPlain: boolean): string {
	const eighths = Math.round(Math.max(0, share) * width * 8);
	// what is not nothing is seen
	const drawn = share > 0 ? Math.max(1, eighths) : 0;
	if (isPlain) return '#'.repeat(Math.ceil(drawn / 8));
	return '█'.repeat(Math.floor(drawn / 8)) + (PARTS[drawn % 8] ?? '');
}

/** Horizontal bars, none of the lines wider than asked; `isPlain` uses `#` for terminals without block characters. */
export function barChart(bars: readonly Bar[], options: { width: number; isPlain: boolean }): string {
	const labels = bars.map(({ label }) => shorten(label === '' ? '(none)' : label));
	const labelWidth = Math.max(0, ...labels.map((label) => label.length));
	const textWidth = Math.max(0, ...bars.map(({ text }) => text.length));
	const room = Math.max(1, options.width - labelWidth - textWidth - 2);
	const largest = Math.max(0, ...bars.map(({ value }) => value));
	return bars
		.map(({ value, text }, index) => {
			const drawn = bar(largest === 0 ? 0 : value / largest, room, options.isPlain);
			return `${(labels[index] ?? '').padEnd(labelWidth)} ${text.padStart(textWidth)} ${drawn}`.trimEnd();
		})
		.join('\n');
}

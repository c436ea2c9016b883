import { escapeLines } from '../../util/index.ts';

/** What a metric is called, what it means, and the names of its labels in the order of their values. */
export type MetricDefinition = [name: string, help: string, labelNames: readonly string[]];

/** Label values in the order of their names, and the value. */
export type LabelledValue = readonly [labels: readonly string[], value: number];

/** What stands before a metric's samples. */
export function formatHead(type: 'counter' | 'gauge' | 'histogram', name: string, help: string): string {
	return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** One line with a value. */
export function formatSample(
	{ name, labelNames }: { name: string; labelNames: readonly string[] },
	[labels, value]: LabelledValue,
): string {
	const pairs = labelNames.map((label, index) => `${label}="${escapeLabel(labels[index] ?? '')}"`).join(',');
	return `${name}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`;
}

/** A metric whose values are read when they are asked for. */
export function formatGauge([name, help, labelNames]: MetricDefinition, samples: readonly LabelledValue[]): string {
	return formatHead('gauge', name, help) + samples.map((sample) => formatSample({ name, labelNames }, sample)).join('');
}

function escapeLabel(value: string): string {
	return escapeLines(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

const OPEN_METRICS = 'application/openmetrics-text';

/**
 * Metrics in the form that a scraper accepts: OpenMetrics 1.0 where it names it, else Prometheus' text format 0.0.4, of which
 * `text` is. OpenMetrics names a counter's family without its `_total`, and ends with `# EOF`.
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function formatForScraper(text: string, accept: string | undefined): { contentType: string; body: string } {
	if (accept?.includes(OPEN_METRICS) !== true)
		return { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: text };
	const families = text
		.replaceAll(/^(# TYPE \S+)_total counter$/gm, '$1 counter')
		.replaceAll(/^(# HELP \S+)_total /gm, '$1 ');
	return { contentType: `${OPEN_METRICS}; version=1.0.0; charset=utf-8`, body: `${families}# EOF\n` };
}

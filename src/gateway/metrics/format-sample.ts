import type { MetricName } from './series.ts';

function escapeLabel(value: string): string {
	return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** The lines that stand above a metric's samples. */
export function formatHead({ help, name }: MetricName, type: 'counter' | 'gauge' | 'histogram'): string {
	return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** One line: a metric's name, its labels, its value. */
export function formatSample({ labels, name }: MetricName, values: readonly string[], value: number): string {
	const said = labels.map((label, index) => `${label}="${escapeLabel(values[index] ?? '')}"`).join(',');
	return `${name}${said === '' ? '' : `{${said}}`} ${value}\n`;
}

/** A metric that is read at the moment it is asked for. */
export function formatGauge(metric: MetricName, samples: ReadonlyArray<readonly [string[], number]>): string {
	return formatHead(metric, 'gauge') + samples.map(([values, value]) => formatSample(metric, values, value)).join('');
}

import { describe, expect, it } from 'vitest';
import { mergeMetrics } from './merge-metrics.ts';

const family = (name: string, type: string, ...samples: string[]): string =>
	[`# HELP ${name} What it is.`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n');

describe('metrics of several workers', () => {
	it('add up counters and histograms by series, also those that only one of them has', () => {
		const one = family('a_total', 'counter', 'a_total{model="x y"} 2', 'a_total{model="z"} 1');
		const other = family('a_total', 'counter', 'a_total{model="x y"} 3');
		expect(mergeMetrics([one, other])).toBe(
			family('a_total', 'counter', 'a_total{model="x y"} 5', 'a_total{model="z"} 1'),
		);
		const buckets = (count: number) =>
			family('d_seconds', 'histogram', `d_seconds_bucket{le="+Inf"} ${count}`, `d_seconds_sum ${count / 2}`);
		expect(mergeMetrics([buckets(1), buckets(4)])).toBe(buckets(5));
	});

	it('add up requests and memory; a fault of one is a fault; the first start counts', () => {
		const worker = (requests: number, degraded: number, start: number) =>
			family('switchyard_requests_in_flight', 'gauge', `switchyard_requests_in_flight ${requests}`) +
			family('switchyard_storage_degraded', 'gauge', `switchyard_storage_degraded ${degraded}`) +
			family('process_start_time_seconds', 'gauge', `process_start_time_seconds ${start}`);
		expect(mergeMetrics([worker(2, 0, 200), worker(3, 1, 100), worker(0, 0, 300)])).toBe(worker(5, 1, 100));
	});

	it('keep families without samples', () => {
		expect(mergeMetrics([family('a', 'gauge'), family('a', 'gauge')])).toBe(family('a', 'gauge'));
	});
});

/** Times of one operation in microseconds. */
export interface Timing {
	p50: number;
	p99: number;
	runs: number;
}

function at(sorted: readonly number[], share: number): number {
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Times each of `runs` calls after a warm-up; the results are consumed so that nothing is optimised away. */
export function measure(operation: (index: number) => unknown, runs: number): Timing {
	let consumed = 0;
	for (let index = 0; index < Math.min(2000, runs); index += 1) if (operation(index) !== undefined) consumed += 1;
	const times: number[] = [];
	for (let index = 0; index < runs; index += 1) {
		const startedAt = performance.now();
		const result = operation(index);
		times.push((performance.now() - startedAt) * 1000);
		if (result !== undefined) consumed += 1;
	}
	if (consumed === 0) throw new Error('the operation gave nothing');
	times.sort((a, b) => a - b);
	return { p50: at(times, 0.5), p99: at(times, 0.99), runs };
}

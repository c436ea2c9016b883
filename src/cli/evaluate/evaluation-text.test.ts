import { expect, it } from 'vitest';
import { Output } from '../output.ts';
import { formatRun, type ShownRun } from './evaluation-text.ts';

const RUN: ShownRun = {
	run: 'run-1',
	state: 'complete',
	reason: null,
	judgeFailures: [],
	budgetUsd: 1,
	spentUsd: 0.5,
	learned: 0,
	complete: 4,
	tasks: 4,
	leftOut: [],
	models: [],
	best: [],
	policies: [],
	judge: null,
};

it.each([
	[0.5, 'all: undecided'],
	// rounding in a sum is no lead
	[0.500_000_000_1, 'all: undecided'],
	[0.3, 'all: undecided'],
	[0.771, 'all: undecided; opus leads (77.1 % sure, 95 % are needed)'],
])('a model leads only where it is surer than a coin: %d', (confidence, line) => {
	const best = [{ taskType: null, by: 'check', model: 'opus', confidence, isShown: false } as const];
	expect(formatRun({ ...RUN, best }, new Output({ isJson: false, useColor: false })).split('\n')).toContain(
		`- ${line}`,
	);
});

import { describe, expect, it } from 'vitest';
import type { ExperimentDefinition, ExperimentResult, ExperimentUnit } from '../contracts/index.ts';
import { createSeededRandom } from '../util/index.ts';
import { addUnit, createExperimentState, readExperiment } from './index.ts';

const DEFINITION: ExperimentDefinition = {
	name: 'small-first',
	arms: [
		{ name: 'now', share: 0.5 },
		{ name: 'small', share: 0.5 },
	],
	unit: 'conversation',
	question: 'cheaper',
	quality: 'rating',
	margin: 5,
	costCapUsd: 0.1,
	latencyCapMs: 10_000,
	alpha: 0.05,
	maxUnits: 20_000,
	maxDays: 28,
	windowMinutes: 60,
	guardrails: { errors: 0.05, costUsd: null, latencyMs: null },
};

/** What is true of an arm: means of its units. */
interface Truth {
	quality: number;
	costUsd: number;
}

const drawNormal = (random: () => number): number =>
	Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function drawArm(arms: ExperimentDefinition['arms'], draw: number): ExperimentDefinition['arms'][number] | undefined {
	const ends = arms.map((_, index) => arms.slice(0, index + 1).reduce((sum, { share }) => sum + share, 0));
	return arms[ends.findIndex((end) => draw < end)] ?? arms[0];
}

/** Counts so many units, each arm by its share. */
function analyse(
	units: number,
	truths: Readonly<Record<string, Truth>>,
	{
		change,
		edit = (unit) => unit,
	}: { change?: Partial<ExperimentDefinition>; edit?: (unit: ExperimentUnit) => ExperimentUnit | null } = {},
): ExperimentResult {
	const definition = { ...DEFINITION, ...change };
	const random = createSeededRandom(units);
	const state = createExperimentState(definition);
	let position = 0;
	for (let count = 0; count < units; count += 1) {
		const arm = drawArm(definition.arms, random());
		const { costUsd, quality } = truths[arm?.name ?? ''] ?? { costUsd: 0, quality: 0 };
		position += 1;
		const unit = edit({
			position,
			arm: arm?.name ?? '',
			probability: arm?.share ?? 1,
			requests: 1,
			isLeaked: false,
			quality: quality + 10 * drawNormal(random),
			costNanoUsd: 1e9 * costUsd * (0.5 + random()),
			latencyMs: 1000 + 500 * random(),
			errors: random() < 0.02 ? 1 : 0,
		});
		if (unit !== null) addUnit(state, unit, definition);
	}
	return readExperiment(state, definition);
}

/** Whether the verdict on arms that do not differ is "better" or "worse" at some look. */
function findsDifference(seed: number): boolean {
	const random = createSeededRandom(seed);
	const definition = { ...DEFINITION, margin: 0.01 };
	const state = createExperimentState(definition);
	for (let position = 1; position <= 1500; position += 1) {
		const arm = random() < 0.5 ? 'now' : 'small';
		const quality = random() < 0.6 ? 100 : 0;
		const costNanoUsd = 1e9 * Math.min(0.1, 0.01 * Math.exp(1.5 * drawNormal(random)));
		const values = { quality, costNanoUsd, latencyMs: 1000 * random(), errors: 0 };
		addUnit(state, { position, arm, probability: 0.5, requests: 1, isLeaked: false, ...values }, definition);
		if (position % 50 !== 0) continue;
		const { verdicts } = readExperiment(state, definition);
		if (verdicts.some(({ outcome }) => outcome === 'better' || outcome === 'worse')) return true;
	}
	return false;
}

const NOW = { quality: 75, costUsd: 0.02 };
const outcomesOf = (result: ExperimentResult) => result.verdicts.map(({ outcome }) => outcome);

describe('the verdict on an arm', () => {
	it.each([
		['better', { quality: 75, costUsd: 0.005 }],
		['better', { quality: 85, costUsd: 0.005 }],
		['worse', { quality: 60, costUsd: 0.005 }],
		['worse', { quality: 75, costUsd: 0.06 }],
		['equivalent', NOW],
		// better and dearer is for somebody else to decide
		['undecided', { quality: 88, costUsd: 0.06 }],
	] as const)('is "%s" for an arm of %j where the first has quality 75 for $0.02', (outcome, small) => {
		expect(outcomesOf(analyse(6000, { now: NOW, small }))).toEqual([outcome]);
	});

	it.each([
		['quality', { quality: 85, costUsd: 0.06 }, 'better'],
		['quality', { quality: 65, costUsd: 0.005 }, 'worse'],
		['cost', { quality: 20, costUsd: 0.005 }, 'better'],
		['cost', { quality: 99, costUsd: 0.08 }, 'worse'],
		['latency', NOW, 'equivalent'],
	] as const)('goes by %s alone where that is the question', (question, small, outcome) => {
		expect(outcomesOf(analyse(4000, { now: NOW, small }, { change: { question } }))).toEqual([outcome]);
	});

	it('goes by the intervals that are shown, in the units that are shown', () => {
		const result = analyse(6000, { now: NOW, small: { quality: 75, costUsd: 0.005 } });
		const deciding = result.verdicts[0]?.comparisons.filter(({ decides }) => decides) ?? [];
		expect(deciding.map(({ metric }) => metric)).toEqual(['quality', 'cost']);
		const [quality, cost] = deciding;
		expect(quality?.low).toBeGreaterThan(-DEFINITION.margin);
		expect(cost?.high).toBeLessThan(0);
		expect(cost?.estimate).toBeCloseTo(-0.015, 3);
		expect(result.arms[1]?.costUsd).toBeCloseTo(0.005, 3);
	});

	it('waits while quality may be worse by more than the margin, though the arm is surely cheaper', () => {
		const result = analyse(300, { now: NOW, small: { quality: 75, costUsd: 0.005 } });
		const [quality, cost] = result.verdicts[0]?.comparisons ?? [];
		expect(cost?.high).toBeLessThan(0);
		expect(quality?.low).toBeLessThan(-DEFINITION.margin);
		expect(outcomesOf(result)).toEqual(['undecided']);
	});

	it('takes wider intervals where more arms are compared: alpha is shared among them', () => {
		const small = { quality: 75, costUsd: 0.005 };
		const arms = ['now', 'small', 'third'].map((name) => ({ name, share: 1 / 3 }));
		const width = (result: ExperimentResult) => {
			const [quality] = result.verdicts[0]?.comparisons ?? [];
			return (quality?.high ?? 0) - (quality?.low ?? 0);
		};
		const three = analyse(3000, { now: NOW, small, third: NOW }, { change: { arms } });
		expect(width(three)).toBeGreaterThan(width(analyse(2000, { now: NOW, small })));
		expect(outcomesOf(three)).toHaveLength(2);
	});

	it('of arms that do not differ is hardly ever "better" or "worse", though somebody looks every fifty units', () => {
		const alarms = Array.from({ length: 60 }, (_, run) => findsDifference(run + 1)).filter(Boolean).length;
		// 5 % and three standard deviations of 60 runs
		expect(alarms).toBeLessThanOrEqual(8);
	});
});

describe('there is no verdict', () => {
	const small = { quality: 75, costUsd: 0.005 };
	const lose =
		(share: number, arm: string, random = createSeededRandom(5)) =>
		(unit: ExperimentUnit) =>
			unit.arm === arm && random() < share ? null : unit;

	it('where a tenth of one arm is lost', () => {
		const result = analyse(12_000, { now: NOW, small }, { edit: lose(0.1, 'small') });
		expect(result.problems.map(({ kind }) => kind)).toEqual(['sample-ratio']);
		expect(outcomesOf(result)).toEqual([null]);
	});

	it('where a unit is in an arm of share 0, or drawn with another probability than its arm has', () => {
		const arms = [...DEFINITION.arms, { name: 'third', share: 0 }];
		const inThird = (unit: ExperimentUnit) => (unit.position === 5 ? { ...unit, arm: 'third' } : unit);
		const ofThird = analyse(3000, { now: NOW, small }, { change: { arms }, edit: inThird });
		expect(ofThird.problems).toMatchObject([{ kind: 'leakage' }]);
		const unequal = (unit: ExperimentUnit) => (unit.position === 5 ? { ...unit, probability: 0.9 } : unit);
		expect(analyse(3000, { now: NOW, small }, { edit: unequal }).problems).toMatchObject([{ kind: 'leakage' }]);
	});

	/** An arm whose slow requests fail by half: what is left of it is faster. */
	const failing =
		(requests: number, random = createSeededRandom(8)) =>
		(unit: ExperimentUnit): ExperimentUnit => {
			if (unit.arm !== 'small') return { ...unit, requests, errors: 0, latencyMs: 3000 };
			const failed = Array.from({ length: requests }, () => random() < 0.25).filter(Boolean).length;
			const latencyMs = failed === requests ? null : 1000;
			return { ...unit, requests, errors: failed / requests, latencyMs };
		};

	it.each([1, 5])('on latency where one arm loses answers, of %i requests a unit', (requests) => {
		const change = { question: 'latency', quality: 'success' } as const;
		const result = analyse(3000, { now: NOW, small }, { change, edit: failing(requests) });
		expect(result.problems.map(({ kind }) => kind)).toEqual(['missing-outcomes']);
		expect(result.problems[0]?.message).toContain('were answered less often');
		expect(outcomesOf(result)).toEqual([null]);
	});

	it('on latency only there: what failed has a price and a quality of its own', () => {
		const result = analyse(3000, { now: NOW, small }, { edit: failing(5) });
		expect(result.problems).toEqual([]);
		const { problems } = analyse(3000, { now: NOW, small }, { change: { question: 'latency' } });
		expect(problems).toEqual([]);
	});

	it('where units of one arm have a price less often', () => {
		const random = createSeededRandom(6);
		const edit = (unit: ExperimentUnit) =>
			unit.arm === 'small' && random() < 0.1 ? { ...unit, costNanoUsd: null } : unit;
		const result = analyse(3000, { now: NOW, small }, { edit });
		expect(result.problems.map(({ message }) => message)).toEqual([expect.stringContaining('had a price less often')]);
	});
});

it('a guardrail is passed where an arm surely costs too much more, and not where it may', () => {
	const small = { quality: 75, costUsd: 0.05 };
	const guardrails = { errors: null, costUsd: 0.01, latencyMs: null };
	expect(analyse(40, { now: NOW, small }, { change: { guardrails } }).guardrail).toBeNull();
	const { guardrail } = analyse(2000, { now: NOW, small }, { change: { guardrails } });
	expect(guardrail).toMatch(
		/^The cost of arm "small" are at least \$0\.02\d+ above those of the first; \$0\.010000 is allowed$/,
	);
});

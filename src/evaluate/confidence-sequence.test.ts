import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../util/index.ts';
import {
	addArmOutcome,
	createDifference,
	type DifferenceState,
	isShownAbove,
	isShownBelow,
	readInterval,
} from './confidence-sequence.ts';

/** All runs of the published bar take minutes; a tenth of them, shorter ones, show every day that alarms stay few. */
const IS_LONG = globalThis.process.env['MODE'] === 'experiments';
const RUNS = IS_LONG ? 2000 : 200;
const OUTCOMES = IS_LONG ? 20_000 : 2000;
const TIMEOUT_MS = 1_200_000;
const ALPHA = 0.05;
/** Alarms beside alpha that chance alone explains: three standard deviations of as many runs. */
const MOST_ALARMS = RUNS * ALPHA + 3 * Math.sqrt(RUNS * ALPHA * (1 - ALPHA));

type Draw = (random: () => number, shift: number) => number;

const drawNormal = (random: () => number): number =>
	Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** One outcome of each metric, 0 to 1; `shift` is added to the mean. */
const METRICS: Readonly<Record<string, Draw>> = {
	'win rate': (random, shift) => (random() < 0.5 + shift ? 1 : 0),
	// log-normal with a heavy tail: the mean is five times the median, one request in a hundred is capped
	'capped cost': (random, shift) => Math.min(1, Math.exp(-4.2 + 1.8 * drawNormal(random)) + shift),
	latency: (random, shift) => Math.min(1, Math.exp(-2 + 0.7 * drawNormal(random)) + shift),
};

function addDraw(state: DifferenceState, draw: Draw, random: () => number, shift: number, share = 0.5): void {
	const isTreated = random() < share;
	const value = draw(random, isTreated ? shift : 0);
	addArmOutcome(state, { isTreated, value, probability: isTreated ? share : 1 - share });
}

describe.each(Object.entries(METRICS))('arms that do not differ in %s', (_, draw) => {
	it.each([0.5, 0.1])(
		'are told apart in one experiment of twenty at most, though somebody looks after every outcome (share %d)',
		(share) => {
			let alarms = 0;
			for (let run = 0; run < RUNS; run += 1) {
				const random = createSeededRandom(run * 7919 + 1);
				const state = createDifference({ alpha: ALPHA, lowestProbability: share });
				for (let count = 0; count < OUTCOMES; count += 1) {
					addDraw(state, draw, random, 0, share);
					if (!isShownAbove(state, 0) && !isShownBelow(state, 0)) continue;
					alarms += 1;
					break;
				}
			}
			if (IS_LONG) process.stdout.write(`${alarms} alarms in ${RUNS} runs of ${OUTCOMES} outcomes\n`);
			expect(alarms).toBeLessThanOrEqual(MOST_ALARMS);
		},
		TIMEOUT_MS,
	);
});

/** Outcomes until a difference is shown, the median of the runs. */
function measurePower(draw: Draw, shift: number, runs: number): number {
	const needed: number[] = [];
	for (let run = 0; run < runs; run += 1) {
		const random = createSeededRandom(run * 104_729 + 3);
		const state = createDifference({ alpha: ALPHA, lowestProbability: 0.5 });
		let count = 0;
		while (count < 400_000 && !isShownAbove(state, 0)) {
			addDraw(state, draw, random, shift);
			count += 1;
		}
		needed.push(count);
	}
	return needed.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

/** Ratings about 80 of 100 that vary by 15 points. */
const drawRating: Draw = (random, shift) => Math.min(1, Math.max(0, 0.8 + shift + 0.15 * drawNormal(random)));

it(
	'a difference of two points is found within the number of outcomes that the guide promises',
	() => {
		const runs = IS_LONG ? 200 : 5;
		const [ratings, wins] = [
			measurePower(drawRating, 0.02, runs),
			measurePower(METRICS['win rate'] as Draw, 0.02, runs),
		];
		if (IS_LONG) process.stdout.write(`2 points: ${ratings} ratings, ${wins} wins or losses (median of ${runs})\n`);
		expect(ratings).toBeLessThan(8000);
		expect(wins).toBeLessThan(80_000);
	},
	TIMEOUT_MS,
);

describe('the interval', () => {
	const outcomes = fc.array(fc.record({ isTreated: fc.boolean(), value: fc.double({ min: 0, max: 1, noNaN: true }) }), {
		minLength: 1,
		maxLength: 300,
	});
	const collect = (list: ReadonlyArray<{ isTreated: boolean; value: number }>, alpha = ALPHA): DifferenceState => {
		const state = createDifference({ alpha, lowestProbability: 0.5 });
		for (const outcome of list) addArmOutcome(state, { ...outcome, probability: 0.5 });
		return state;
	};

	it('is where the test of a value turns: what is shown is what decides', () => {
		fc.assert(
			fc.property(outcomes, fc.double({ min: -0.99, max: 0.99, noNaN: true }), (list, value) => {
				const state = collect(list);
				const { high, low } = readInterval(state);
				expect(low).toBeLessThanOrEqual(high);
				if (Math.abs(value - low) > 1e-6) expect(isShownAbove(state, value)).toBe(value < low);
				if (Math.abs(value - high) > 1e-6) expect(isShownBelow(state, value)).toBe(value > high);
			}),
		);
	});

	it('says nothing before anything was seen', () => {
		const none = { estimate: null, low: -1, high: 1 };
		expect(readInterval(createDifference({ alpha: ALPHA, lowestProbability: 0.5 }))).toEqual(none);
	});

	it('is the same after a restart: its state is plain data', () => {
		fc.assert(
			fc.property(outcomes, (list) => {
				const half = Math.floor(list.length / 2);
				const restored: DifferenceState = JSON.parse(JSON.stringify(collect(list.slice(0, half))));
				for (const outcome of list.slice(half)) addArmOutcome(restored, { ...outcome, probability: 0.5 });
				expect(restored).toEqual(collect(list));
			}),
		);
	});

	it('is of width above 0 where all outcomes are alike', () => {
		const alike = Array.from({ length: 1000 }, (_, index) => ({ isTreated: index % 2 === 0, value: 1 }));
		const { estimate, high, low } = readInterval(collect(alike));
		expect(estimate).toBe(0);
		expect(high).toBeGreaterThan(0);
		expect(low).toBeLessThan(0);
		expect(high - low).toBeLessThan(0.1);
	});

	it('holds the difference of arms with unequal shares', () => {
		const random = createSeededRandom(11);
		const state = createDifference({ alpha: ALPHA, lowestProbability: 0.1 });
		for (let count = 0; count < 20_000; count += 1) addDraw(state, drawRating, random, -0.1, 0.1);
		const { high, low } = readInterval(state);
		expect(low).toBeLessThan(-0.095);
		expect(high).toBeGreaterThan(-0.1);
		expect(high).toBeLessThan(0);
	});
});

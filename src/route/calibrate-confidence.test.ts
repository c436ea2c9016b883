import { describe, expect, it } from 'vitest';
import { makeTask } from '../../test/support/route-models.ts';
import { BUILTIN_MODELS, resolveLatency, resolvePricing, toSelectedModel } from '../catalog/index.ts';
import { SPECIFICATION_MODELS, TASK_COMPLEXITIES, TASK_TYPES, type TaskDescriptor } from '../contracts/index.ts';
import { createSeededRandom } from '../util/index.ts';
import { confidenceFromMargins, normalCdf } from './policies.ts';
import { DEFAULT_WEIGHTS } from './route-settings.ts';
import { estimateModel, NEUTRAL_HISTORY, type ScoredModel, scoreModel } from './score-model.ts';

describe('confidence', () => {
	it('is 1 without a rival and 1/n among n equals', () => {
		expect(confidenceFromMargins(70, [70])).toBe(1);
		expect(confidenceFromMargins(70, [70, 70, 70, 70])).toBe(0.25);
	});

	it('rises with the lead and falls when another rival comes near', () => {
		const narrow = confidenceFromMargins(70, [70, 69]);
		const wide = confidenceFromMargins(70, [70, 60]);
		expect(wide).toBeGreaterThan(narrow);
		expect(confidenceFromMargins(70, [70, 69, 69])).toBeLessThan(narrow);
	});

	it('is a number for values without bounds', () => {
		const none = Number.NEGATIVE_INFINITY;
		expect(confidenceFromMargins(none, [none, none])).toBe(0.5);
		expect(confidenceFromMargins(5, [5, none])).toBe(1);
		expect(confidenceFromMargins(none, [none, 5])).toBe(0);
	});

	it('the normal distribution function is right to three decimals', () => {
		for (const [z, expected] of [
			[0, 0.5],
			[1, 0.8413],
			[-1.2816, 0.1],
			[2.5, 0.9938],
		] as const)
			expect(normalCdf(z)).toBeCloseTo(expected, 3);
	});
});

describe('calibration of the prior', () => {
	const random = createSeededRandom(20_261_124);
	const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
	const models = BUILTIN_MODELS.filter(
		(profile) => SPECIFICATION_MODELS.includes(profile.name) && profile.lifecycle?.state !== 'retired',
	).map((profile) => ({
		profile,
		selected: toSelectedModel(profile),
		pricing: resolvePricing(profile),
		...resolveLatency(profile),
		family: profile.name,
		generation: 0,
	}));
	const scoreAll = (task: TaskDescriptor, isDisturbed: boolean): ScoredModel[] =>
		models.map((facts) => {
			const known = estimateModel(facts, task, { prefix: null });
			const score = (estimate: typeof known): ScoredModel =>
				scoreModel(estimate, task, { weights: DEFAULT_WEIGHTS, history: NEUTRAL_HISTORY });
			const scored = score(known);
			if (!isDisturbed || known.cost === null) return scored;
			const deviation = (scored.predictedQuality.high - scored.predictedQuality.low) / (2 * 1.2816);
			return score({
				...known,
				quality: Math.min(100, Math.max(0, known.quality + deviation * normal())),
				cost: { ...known.cost, nanoUsd: known.cost.nanoUsd * Math.exp(0.15 * normal()) },
				completionMs: known.completionMs * Math.exp(0.2 * normal()),
			});
		});
	const bestOf = (scored: readonly ScoredModel[]): ScoredModel =>
		scored.reduce((best, model) => (model.totalScore > best.totalScore ? model : best));
	const misread = (level: number): number => {
		const draw = random();
		if (draw < 0.1) return Math.max(0, level - 1);
		return draw < 0.9 ? level : Math.min(TASK_COMPLEXITIES.length - 1, level + 1);
	};

	/** Confidence of one kind of task, and how often its choice stays the best among 200 draws of the errors. */
	function compare(task: TaskDescriptor, level: number): { confidence: number; frequency: number } {
		const scored = scoreAll(task, false);
		const best = bestOf(scored);
		const confidence = confidenceFromMargins(
			best.totalScore,
			scored.map((model) => model.totalScore),
		);
		let hits = 0;
		for (let draw = 0; draw < 200; draw += 1) {
			const seen = { ...task, complexity: TASK_COMPLEXITIES[misread(level)] ?? task.complexity };
			if (bestOf(scoreAll(seen, true)).candidate.profile.name === best.candidate.profile.name) hits += 1;
		}
		return { confidence, frequency: hits / 200 };
	}

	it('confidence says how often the choice survives the usual errors of the estimates', () => {
		const pairs = TASK_TYPES.flatMap((type) =>
			TASK_COMPLEXITIES.map((complexity, level) =>
				compare(
					makeTask({ type, complexity, estimatedOutputTokens: 1500, requiresExtendedThinking: level > 1 }),
					level,
				),
			),
		);
		const mean = (pick: (pair: (typeof pairs)[number]) => number): number =>
			pairs.reduce((sum, pair) => sum + pick(pair), 0) / pairs.length;
		expect(Math.abs(mean((pair) => pair.confidence - pair.frequency))).toBeLessThan(0.06);
		expect(mean((pair) => Math.abs(pair.confidence - pair.frequency))).toBeLessThan(0.1);
	});
});

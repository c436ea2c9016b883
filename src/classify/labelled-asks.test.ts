import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TASK_TYPES } from '../contracts/index.ts';
import { TaskClassifier } from './index.ts';

interface LabelledAsk {
	language: string;
	type: string;
	ask: string;
	/** Written after the lexicon, and not looked at while it was tuned. */
	isHeldOut: boolean;
}

const asks: readonly LabelledAsk[] = readFileSync(new URL('./labelled-asks.tsv', import.meta.url), 'utf8')
	.trim()
	.split('\n')
	.map((line) => {
		const [language = '', type = '', half = '', ask = ''] = line.split('\t');
		return { language, type, ask, isHeldOut: half === 'held-out' };
	});

/** Lowest share of asks whose type is right, per language: on the tuned half, and on the half nobody tuned for. */
const FLOORS: Readonly<Record<string, { tuned: number; heldOut: number }>> = {
	en: { tuned: 0.95, heldOut: 0.7 },
	zh: { tuned: 0.95, heldOut: 0.75 },
	ja: { tuned: 0.95, heldOut: 0.75 },
	es: { tuned: 0.95, heldOut: 0.75 },
	de: { tuned: 0.95, heldOut: 0.75 },
	fr: { tuned: 0.95, heldOut: 0.75 },
	pt: { tuned: 0.95, heldOut: 0.75 },
};

const classifier = new TaskClassifier();

function accuracy(language: string, isHeldOut: boolean): number {
	const chosen = asks.filter((ask) => ask.language === language && ask.isHeldOut === isHeldOut);
	return chosen.filter(({ type, ask }) => classifier.classifyType(ask) === type).length / chosen.length;
}

describe('labelled asks', () => {
	it('hold ten English asks of each type and sixty in other languages', () => {
		for (const type of TASK_TYPES)
			expect(asks.filter((ask) => ask.language === 'en' && ask.type === type).length, type).toBeGreaterThanOrEqual(10);
		expect(asks.filter((ask) => ask.language !== 'en').length).toBeGreaterThanOrEqual(60);
	});

	it.each(Object.entries(FLOORS))('people who write %s get the right type', (language, floor) => {
		expect(accuracy(language, false)).toBeGreaterThanOrEqual(floor.tuned);
		expect(accuracy(language, true)).toBeGreaterThanOrEqual(floor.heldOut);
	});

	it('confidence means something: sure answers are right more often than unsure ones', () => {
		const judged = asks.map(({ type, ask }) => {
			const descriptor = classifier.classify(ask);
			return { right: descriptor.type === type, sure: descriptor.confidence >= 0.8 };
		});
		const share = (sure: boolean) => {
			const group = judged.filter((one) => one.sure === sure);
			return group.filter((one) => one.right).length / group.length;
		};
		expect(share(true)).toBeGreaterThan(share(false));
		expect(share(true)).toBeGreaterThanOrEqual(0.9);
	});
});

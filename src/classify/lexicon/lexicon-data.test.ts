import { expect, it } from 'vitest';
import { TASK_TYPES } from '../../contracts/index.ts';
import { LEXICONS, OTHER_TARGETS } from './index.ts';

const targets = new Set<string>([...TASK_TYPES.map((type) => `type:${type}`), ...OTHER_TARGETS]);

it('a mistyped line of a lexicon is found: its words would count for nothing', () => {
	const broken = LEXICONS.flatMap(({ features, language }) =>
		features
			.trim()
			.split('\n')
			.filter((line) => {
				const [target = '', weight, phrases, ...more] = line.split('|');
				const isWeight = Number.isFinite(Number(weight)) && Number(weight) !== 0;
				const isSpaced = /(?:^|[,|]) | (?:[,|]|$)/.test(line);
				return !targets.has(target) || !isWeight || phrases === undefined || more.length > 0 || isSpaced;
			})
			.map((line) => `${language}: ${line.slice(0, 60)}`),
	);
	expect(broken).toEqual([]);
});

it('a phrase is listed once for its target, whatever the language: the second one would count for nothing', () => {
	const seen = new Set<string>();
	const again = LEXICONS.flatMap(({ features, language }) =>
		features
			.trim()
			.split('\n')
			.flatMap((line) => {
				const [target, , phrases = ''] = line.split('|');
				return phrases.split(',').map((phrase) => `${target}: ${phrase}`);
			})
			.filter((listed) => seen.size === seen.add(listed).size)
			.map((listed) => `${language} ${listed}`),
	);
	expect(again).toEqual([]);
});

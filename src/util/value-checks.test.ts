import { expect, it } from 'vitest';
import {
	checkText,
	describeValue,
	findUnknownKeys,
	formatIssues,
	formatPath,
	listCheck,
	numberCheck,
	objectCheck,
	optionalCheck,
	recordCheck,
	wordCheck,
} from './value-checks.ts';

it('a path is written as people write it', () => {
	expect(formatPath(['models', 0, 'pricing'])).toBe('models[0].pricing');
	expect(formatPath(['fallbacks', 'gpt-3.5', 1])).toBe('fallbacks["gpt-3.5"][1]');
	expect(formatPath([])).toBe('');
});

it('a value in a message is short and never a secret', () => {
	expect(describeValue('x'.repeat(50))).toBe(`"${'x'.repeat(40)}…"`);
	expect(describeValue('sk-ant-abcdefghijklmnop')).toBe('[masked]');
	expect([{}, [1, 2], null, Number.NaN].map(describeValue)).toEqual(['an object', 'a list of 2', 'null', 'NaN']);
});

it('every problem is found at once, each with its own path and what to write instead', () => {
	const check = objectCheck({
		name: checkText,
		kind: optionalCheck(wordCheck(['soft', 'hard'])),
		shares: listCheck('shares', numberCheck(0, 1)),
		prices: recordCheck(numberCheck(0)),
	});
	expect(check({ name: 'a', shares: [0, 1], prices: { a: 3 } }, [])).toEqual([]);
	const issues = formatIssues(check({ name: ' ', kind: 'sotf', shares: [0, 2], prices: { 'a.b': -1 } }, ['root']));
	expect(issues.map(({ path, message }) => `${path} ${message}`)).toEqual([
		'root.name must be a text that is not empty, not " "',
		'root.kind must be one of soft, hard, not "sotf". Did you mean "soft"?',
		'root.shares[1] must be a number from 0 to 1, not 2',
		'root.prices["a.b"] must be a number of 0 or more, not -1',
	]);
	expect(check(null, ['root'])).toEqual([{ path: ['root'], message: 'must be a record, not null' }]);
});

it('an unknown key is named with the nearest known one', () => {
	expect(findUnknownKeys(['limit', 'warnat'], ['limit', 'warnAt'], [])).toEqual([
		{ path: ['warnat'], message: 'is not a known setting. Did you mean "warnAt"?' },
	]);
});

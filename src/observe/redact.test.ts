import { expect, it } from 'vitest';
import { redactValue } from './redact.ts';

it('what a person wrote never reaches the log, whatever carries it', () => {
	const canary = 'CANARY my private question';
	const details = {
		type: 'task-classified',
		task: { task: canary, type: 'debugging', features: [{ name: canary }], context: canary },
		decision: { descriptor: { task: canary }, model: { name: 'opus' } },
		request: {
			messages: [{ role: 'user', content: canary }],
			contents: [{ parts: [{ text: canary }] }],
			system: canary,
		},
		prompt: canary,
		output: canary,
	};
	const written = JSON.stringify(redactValue(details));
	expect(written).not.toContain('CANARY');
	expect(written).toContain('"type":"debugging"');
	expect(written).toContain('opus');
});

it('keys never reach the log: neither by name nor by shape, in errors and their causes too', () => {
	const error = new Error('401 for key sk-ant-abcdefgh12345', { cause: new Error('Bearer abcdefghijklmnop') });
	const written = JSON.stringify(
		redactValue({
			apiKey: 'plain-looking',
			headers: { 'x-api-key': 'plain-looking', Authorization: ['plain-looking'] },
			error,
		}),
	);
	expect(written).not.toContain('plain-looking');
	expect(written).not.toContain('abcdefgh');
	expect(written).toContain('401 for key [masked]');
});

it('token counts and costs stay readable', () => {
	const details = { inputTokens: 12, tokens: { input: 3, output: 4 }, cost: 0.1, at: new Date(0), none: null };
	expect(redactValue(details)).toEqual({ ...details, at: '1970-01-01T00:00:00.000Z' });
});

it('a circular, wide or odd value costs a bounded line, not the process', () => {
	const circular: Record<string, unknown> = {};
	for (let index = 0; index < 200; index += 1) circular[`member${index}`] = circular;
	expect(JSON.stringify(redactValue(circular)).length).toBeLessThan(200_000);
	expect(JSON.stringify(redactValue([1n, Number.NaN, () => 1, Symbol('x'), new Map([['a', 1]]), new Set([2])]))).toBe(
		'["1","NaN","[function]","Symbol(x)",{"a":1},[2]]',
	);
});

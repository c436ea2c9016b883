import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSteps } from '../../util/index.ts';
import { parseExactJson } from './body-fields.ts';
import { isExactSteps, parseExactSteps, protectNumbers, restoreNumbers } from './exact-json.ts';

const NUMBERS = ['12345678901234567890', '1e400', '-0', '0.1234567890123456789', '-9007199254740993'];

describe('numbers of tool inputs keep their digits', () => {
	it.each(NUMBERS)('%s is written as it was read', (digits) => {
		expect(JSON.stringify(parseExactJson(`{"a":[${digits},1]}`))).toBe(`{"a":[${digits},1]}`);
	});

	it.each(NUMBERS)('%s too in a text that is read in steps, wherever a step ends', async (digits) => {
		const now = async () => {};
		for (const before of [0, 1, 3, 9, 17, 21, 41].map((characters) => 256 * 1024 - characters)) {
			const text = `["${'x'.repeat(before)}",${digits},{"a":[${'0,'.repeat(40_000)}${digits}]}]`;
			expect(await runSteps(isExactSteps(text), now)).toBe(false);
			expect(JSON.stringify(await runSteps(parseExactSteps(text), now))).toBe(text);
		}
		expect(await runSteps(isExactSteps(`["${'x'.repeat(600_000)}",1.5]`), now)).toBe(true);
	});

	it('any JSON means the same as before', () => {
		fc.assert(
			fc.property(fc.json(), (text) => {
				expect(JSON.parse(JSON.stringify(parseExactJson(text)) ?? 'null')).toEqual(
					JSON.parse(JSON.stringify(JSON.parse(text))),
				);
			}),
		);
	});

	it.each([
		[
			'anthropic-messages',
			(input: string) => `{"content":[{"type":"tool_use","input":${input}}],"usage":{"output_tokens":1}}`,
		],
		[
			'gemini',
			(input: string) => `{"candidates":[{"avgLogprobs":-0,"content":{"parts":[{"functionCall":{"args":${input}}}]}}]}`,
		],
	] as const)(
		'%s: through a client library that reads them as doubles; what is not a tool’s stays',
		(format, answer) => {
			const input = `{"n":[${NUMBERS.join(',')}]}`;
			const read = JSON.parse(protectNumbers(format, answer(input))) as {
				content?: { input: unknown }[];
				candidates?: unknown;
			};
			const library = JSON.stringify(read.content?.[0]?.input ?? read.candidates);
			const part = { type: 'tool-call' as const, toolCallId: 'a', toolName: 'f', input: library };
			const restored = restoreNumbers(part).input;
			expect(restored).toContain(`[${NUMBERS.join(',')}]`);
			expect(protectNumbers(format, answer('{}'))).not.toContain('switchyard-number');
			expect(protectNumbers(format, answer('{"n":1}').replace('-0', '0'))).toBe(answer('{"n":1}').replace('-0', '0'));
		},
	);

	it('what is no JSON is left to whoever reports it', () => {
		expect(protectNumbers('gemini', '{"args": 12345678901234567890')).toBe('{"args": 12345678901234567890');
	});
});

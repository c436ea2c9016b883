import { expect, it } from 'vitest';
import type { Conversation } from '../contracts/index.ts';
import { readAnswerSigns } from './answer-signs.ts';

/** A turn in which a tool was called and answered so, in each format. */
const RESULTS: Readonly<Record<string, (output: string, isError?: boolean) => Conversation>> = {
	anthropic: (content, isError = false) => ({
		messages: [
			{ role: 'user', content: 'Run the tests' },
			{ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'bash', input: {} }] },
			{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', is_error: isError, content }] },
		],
	}),
	'openai chat': (content) => ({
		messages: [
			{ role: 'user', content: 'Run the tests' },
			{ role: 'assistant', content: null },
			{ role: 'tool', content },
		],
	}),
	'openai responses': (output) => ({
		messages: [
			{ role: 'user', content: 'Run the tests' },
			{ type: 'function_call', name: 'bash', arguments: '{}' },
			{ type: 'function_call_output', call_id: 't', output },
		] as NonNullable<Conversation['messages']>,
	}),
	gemini: (output) => ({
		contents: [
			{ role: 'user', parts: [{ text: 'Run the tests' }] },
			{ role: 'model', parts: [{ functionCall: { name: 'bash', args: {} } }] },
			{ role: 'user', parts: [{ functionResponse: { name: 'bash', response: { output } } }] },
		],
	}),
};

it.each(Object.entries(RESULTS))('%s: what a tool says of its end is read', (_format, converse) => {
	const read = (output: string) => readAnswerSigns(converse(output)).signals;
	expect(read('... \n12 passed in 0.4s')).toEqual(['tests-passed']);
	expect(read('12 passed, 1 failed in 0.4s')).toEqual(['tool-failed']);
	expect(read('Tests: 0 failed, 12 passed')).toEqual(['tests-passed']);
	expect(read('Process exited with code 2')).toEqual(['tool-failed']);
	expect(read('Process exited with code 0')).toEqual([]);
	expect(read('Traceback (most recent call last):\n  File "a.py"')).toEqual(['tool-failed']);
	expect(read('src/a.ts\nsrc/b.ts')).toEqual([]);
	expect(read('test result: ok. 5 passed; 0 failed')).toEqual(['tests-passed']);
});

it('a result that is marked as an error is one, whatever it says', () => {
	expect(readAnswerSigns(RESULTS['anthropic']?.('no such file', true) ?? {}).signals).toEqual(['tool-failed']);
	const gemini: Conversation = {
		contents: [
			{ role: 'model', parts: [{ functionCall: { name: 'read' } }] },
			{ role: 'user', parts: [{ functionResponse: { name: 'read', response: { error: 'not found' } } }] },
		],
	};
	expect(readAnswerSigns(gemini).signals).toEqual(['tool-failed']);
});

const reply = (content: string): Conversation => ({
	messages: [
		{ role: 'user', content: 'Sort it' },
		{ role: 'assistant', content: 'Sorted. Shall I go on?' },
		{ role: 'user', content },
	],
});

it.each([
	"No, that's wrong",
	'that is not what I asked for',
	'Wrong.',
	'still broken, the test fails',
	'Nein, das ist falsch',
	'Das stimmt nicht.',
	"Non, c'est faux",
	'No, eso está mal',
	'Isso está errado',
	'Non è corretto',
	'Dat klopt niet',
	'To jest źle',
	'Нет, это неправильно',
	'Hayır, bu yanlış',
	'不对，应该按日期排序',
	'違います。日付順です',
	'틀렸어요',
])('a person who corrects is heard: %s', (content) => {
	expect(readAnswerSigns(reply(content))).toEqual({ signals: ['corrected'], ask: content });
});

it.each([
	'No, thanks',
	'no',
	'Yes, go on',
	'Wrongly sorted lists should raise an error: add a check',
	'Now find out what is wrong with the login',
	'Falschgeld: explain how it is found',
	`That is wrong ${'and here is a long description of what the program has to do instead '.repeat(5)}`,
])('who does not correct is not taken for it: %s', (content) => {
	expect(readAnswerSigns(reply(content)).signals).toEqual([]);
});

it('a first request says nothing, and malformed ones neither', () => {
	expect(readAnswerSigns({ messages: [{ role: 'user', content: 'No, that is wrong' }] }).signals).toEqual([]);
	for (const messages of [[null], [{ role: 'assistant' }, null], [{ role: 'assistant' }, { role: 'tool', content: 7 }]])
		expect(readAnswerSigns({ messages } as unknown as Conversation).signals).toEqual([]);
});

it('work is bounded: only the ends of results are read', () => {
	const long = `1 failed ${'x'.repeat(5_000_000)}`;
	expect(readAnswerSigns(RESULTS['anthropic']?.(long) ?? {}).signals).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { formatAsk, MAX_TASKS, parseTaskFile } from './task-file.ts';

const line = (fields: object) =>
	JSON.stringify({ id: 'one', prompt: 'What is 2 + 2?', check: { match: '4' }, ...fields });
const parse = (...lines: string[]) => parseTaskFile(lines.join('\n'), 'tasks.jsonl');
const errorOf = (...lines: string[]): string => {
	try {
		parse(...lines);
	} catch (error) {
		return String(error);
	}
	return 'none';
};

it('a file of tasks is read line by line: every check, conversations, rated answers, empty lines', () => {
	const messages = [
		{ role: 'system', content: 'Be short.' },
		{ role: 'user', content: 'Hello' },
	];
	const { rated, tasks } = parse(
		`\uFEFF${line({})}\r`,
		'',
		line({ id: 'two', check: { match: ['4', 'four'] }, type: 'factual', conversation: 'maths' }),
		line({ id: 'three', prompt: undefined, messages, check: { regex: '^h', flags: 'i' } }),
		line({ id: 'four', check: { schema: { type: 'object' } } }),
		line({ id: 'five', check: { command: ['node', 'check.mjs'] } }),
		line({ id: 'six', check: { judge: true } }),
		line({ id: 'seven', check: { judge: 'Brevity.' } }),
		JSON.stringify({
			id: 'r',
			prompt: 'Hi',
			rated: [
				{ answer: 'a', rating: 5 },
				{ answer: 'b', rating: 1 },
			],
		}),
	);
	expect(tasks.map(({ check }) => check)).toEqual([
		{ kind: 'match', accepted: ['4'] },
		{ kind: 'match', accepted: ['4', 'four'] },
		{ kind: 'regex', pattern: '^h', flags: 'i' },
		{ kind: 'schema', schema: { type: 'object' } },
		{ kind: 'command', command: ['node', 'check.mjs'] },
		{ kind: 'judge', criteria: undefined },
		{ kind: 'judge', criteria: 'Brevity.' },
	]);
	expect(tasks.map(({ conversation }) => conversation).slice(0, 3)).toEqual(['one', 'maths', 'three']);
	expect(tasks[1]?.type).toBe('factual');
	expect(formatAsk(tasks[2] ?? { messages: [] })).toBe('system: Be short.\n\nuser: Hello');
	expect(rated).toMatchObject([{ id: 'r', rated: [{ rating: 5 }, { rating: 1 }] }]);
	expect(parse(line({})).tasks[0]?.hash).not.toBe(parse(line({ prompt: 'What is 2 + 3?' })).tasks[0]?.hash);
});

describe('a file that is wrong says in which line, what is wrong, and what to write instead', () => {
	it.each([
		['line 1: it is no JSON', '{"id": "one"'],
		['line 1: it must be an object', '[]'],
		['line 1: "check" is missing. Say how an answer is checked: {"match": "42"}', line({ check: undefined })],
		['line 1: "check" must have exactly one of match, regex', line({ check: {} })],
		['line 1: "check" must have exactly one of match, regex', line({ check: { match: '4', judge: true } })],
		['"check.matches" is not a known setting. Did you mean "match"?', line({ check: { match: '4', matches: '5' } })],
		['"check.match" must be a text, or a list of texts', line({ check: { match: [] } })],
		['"check.regex" is no regular expression', line({ check: { regex: '(' } })],
		['"check.command" must be a list of the program and its arguments', line({ check: { command: 'node check.mjs' } })],
		['"type" must be one of', line({ type: 'debuging' })],
		['Did you mean "debugging"?', line({ type: 'debuging' })],
		['"id" must be a text of 1 to 200 characters', line({ id: '' })],
		['"prompt" or "messages" must be there, one of them', line({ prompt: undefined })],
		['"messages" must end with a message of the user', line({ prompt: undefined, messages: [] })],
		['"promt" is not a known setting. Did you mean "prompt"?', line({ promt: 'x' })],
		['"rated" must be two answers', line({ check: undefined, rated: [{ answer: 'a', rating: 3 }] })],
		['line 2: the id "one" is that of line 1 too', `${line({})}\n${line({})}`],
		['tasks.jsonl has no tasks. Write one JSON object in each line', '\n\n'],
		[
			`a run takes at most ${MAX_TASKS}. Split it`,
			Array.from({ length: 10_001 }, (_, id) => line({ id: `${id}` })).join('\n'),
		],
		['it is over 1048576 characters long', line({ prompt: 'x'.repeat(1_048_577) })],
	])('%s', (message, text) => {
		expect(errorOf(text)).toContain(message);
	});

	it('five problems at once, and how many more there are', () => {
		const error = errorOf(...Array.from({ length: 8 }, () => '{'));
		expect(error).toContain('line 5: it is no JSON');
		expect(error).not.toContain('line 6');
		expect(error).toContain('and 3 more');
	});
});

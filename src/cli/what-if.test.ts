import { expect, it } from 'vitest';
import { parseAsks } from './what-if.ts';

const KIND = { type: 'debugging', complexity: 'simple', inputTokens: 10, outputTokens: 20 };

it('a file of tasks may hold plain lines, JSON lines or a JSON array', () => {
	const lines = `Fix the login bug\n\n"Say hi"\n${JSON.stringify(KIND)}\n{"task":"Plan a trip","requests":3}\n`;
	const asks = [{ task: 'Fix the login bug' }, { task: 'Say hi' }, KIND, { task: 'Plan a trip', requests: 3 }];
	expect(parseAsks(lines, 'tasks.txt')).toEqual(asks);
	expect(parseAsks(JSON.stringify(asks), 'tasks.json')).toEqual(asks);
});

it.each([
	['Fix it\n{"type":"debuging"}', /^tasks, line 2: "type" must be one of .* Did you mean "debugging"\?/],
	['{"task":""}', /^tasks, line 1: "task" must be a text that is not empty/],
	['{"task":', /^tasks, line 1: it is no JSON/],
	['[1]', /^tasks, item 1: it must be a record, not 1/],
	['[', /^tasks: it is no JSON/],
	[JSON.stringify({ ...KIND, inputTokens: 1.5 }), /"inputTokens" must be a whole number/],
])('a wrong file is refused with the place: %s', (text, message) => {
	expect(() => parseAsks(text, 'tasks')).toThrow(message);
});

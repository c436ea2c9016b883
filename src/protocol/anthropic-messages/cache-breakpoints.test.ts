import { expect, it } from 'vitest';
import { CALLER_FORMATS } from '../caller-formats.ts';
import { addPromptBreakpoints, toCacheableBody } from './cache-breakpoints.ts';
import { findPromptPrefixes } from './prompt-cache.ts';

const { options } = CALLER_FORMATS['openai-chat'].decodeRequest({
	model: 'haiku',
	tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }],
	messages: [
		{ role: 'system', content: 'Be brief.' },
		{ role: 'user', content: 'What is in the file?' },
		{
			role: 'assistant',
			content: 'I look.',
			tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
		},
		{ role: 'tool', tool_call_id: 'call_1', content: 'A poem.' },
	],
});

it('a request of another format is marked at its tools, its system prompt and the ends of its messages, and is not changed else', () => {
	const body = toCacheableBody(options, 'claude-haiku-4-5');
	const prefixes = findPromptPrefixes(body, { scope: '' });
	expect(prefixes.map(({ section }) => section)).toEqual(['tools', 'system', 'messages', 'messages', 'messages']);
	const before = JSON.stringify(options);
	const marked = addPromptBreakpoints(
		options,
		prefixes.map((prefix) => ({ prefix, ttl: '1h' })),
	);
	expect(JSON.stringify(options)).toBe(before);
	const mark = { anthropic: { cacheControl: { type: 'ephemeral', ttl: '1h' } } };
	expect(marked.tools?.[0]).toMatchObject({ name: 'look', providerOptions: mark });
	expect(marked.prompt[0]).toMatchObject({ role: 'system', content: 'Be brief.', providerOptions: mark });
	const ends = marked.prompt.slice(1).map(({ content }) => (typeof content === 'string' ? null : content.at(-1)));
	expect(ends).toMatchObject([
		{ type: 'text', providerOptions: mark },
		{ type: 'tool-call', providerOptions: mark },
		{ type: 'tool-result', providerOptions: mark },
	]);
	const strip = (value: unknown) => JSON.stringify(value).replaceAll(`,"providerOptions":${JSON.stringify(mark)}`, '');
	expect(strip(marked)).toBe(before);
});

import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { orderMessages } from './order-messages.ts';

const FAMILIES = ['anthropic', 'bedrock', 'google', 'openai', 'chat'] as const;
const user = (text: string): LanguageModelV4Message => ({ role: 'user', content: [{ type: 'text', text }] });
const system = (content: string): LanguageModelV4Message => ({ role: 'system', content });
const said = (text: string): LanguageModelV4Message => ({ role: 'assistant', content: [{ type: 'text', text }] });
const calls = (...ids: string[]): LanguageModelV4Message => ({
	role: 'assistant',
	content: ids.map((toolCallId) => ({ type: 'tool-call', toolCallId, toolName: 'f', input: {} })),
});
const results = (...ids: string[]): LanguageModelV4Message => ({
	role: 'tool',
	content: ids.map((id) => ({
		type: 'tool-result',
		toolCallId: id.slice(0, 2),
		toolName: 'f',
		output: { type: 'text', value: id },
	})),
});

describe('the results of calls', () => {
	it.each(FAMILIES)('follow them directly, whatever was said meanwhile: %s refuses them elsewhere', (family) => {
		const prompt = [user('a'), calls('c1'), user('hurry'), calls('c2', 'c3'), results('c3', 'c1', 'c2'), said('b')];
		expect(orderMessages(prompt, family)).toEqual([
			user('a'),
			calls('c1'),
			results('c1'),
			user('hurry'),
			calls('c2', 'c3'),
			results('c2', 'c3'),
			said('b'),
		]);
	});

	it('go to the nearest call before them where one id was used again', () => {
		const prompt = [calls('c1'), user('a'), results('c1 old'), calls('c1'), user('b'), results('c1 new')];
		expect(orderMessages(prompt, 'chat')).toEqual([
			calls('c1'),
			results('c1 old'),
			user('a'),
			calls('c1'),
			results('c1 new'),
			user('b'),
		]);
	});

	it.each(FAMILIES)(
		'are made up for calls that were given up, and told in words without a call: %s refuses either',
		(family) => {
			const mended: string[] = [];
			const prompt = [user('a'), results('c0'), calls('c1', 'c2'), results('c2'), user('b'), calls('c3'), user('c')];
			const [first, orphan, ...others] = orderMessages(prompt, family, (name) => mended.push(name));
			expect([first, orphan]).toEqual([user('a'), user('The tool f returned: c0')]);
			expect(others.map((message) => (message.role === 'tool' ? message.content : message))).toMatchObject([
				calls('c1', 'c2'),
				[
					{ toolCallId: 'c1', output: { type: 'error-text' } },
					{ toolCallId: 'c2', output: { value: 'c2' } },
				],
				user('b'),
				calls('c3'),
				[{ toolCallId: 'c3', toolName: 'f', output: { type: 'error-text' } }],
				user('c'),
			]);
			expect(new Set(mended)).toEqual(new Set(['tool_result']));
		},
	);

	it('stay as they are where they follow, so that cached prefixes hold', () => {
		const prompt: LanguageModelV4Prompt = [user('a'), calls('c1', 'c2'), results('c2', 'c1'), user('b')];
		expect(orderMessages(prompt, 'openai')).toBe(prompt);
		expect(orderMessages(prompt, 'chat')).toEqual(prompt);
	});
});

describe('an instruction that came last', () => {
	const prompt = [user('a'), said('b'), system('In French.')];

	it.each(['anthropic', 'bedrock', 'google', 'chat'] as const)(
		'is answered by %s, which does not continue the answer before it',
		(family) => {
			expect(orderMessages(prompt, family)).toEqual([
				system('In French.'),
				user('a'),
				said('b'),
				user('(empty message)'),
			]);
		},
	);

	it('stays where it is for OpenAI', () => {
		expect(orderMessages(prompt, 'openai')).toBe(prompt);
	});
});

it('a conversation that the assistant began has a user before it, which Bedrock insists on', () => {
	expect(orderMessages([said('Hello'), user('a')], 'bedrock')).toEqual([
		user('(empty message)'),
		said('Hello'),
		user('a'),
	]);
	expect(orderMessages([said('Hello'), user('a')], 'anthropic')).toEqual([said('Hello'), user('a')]);
});

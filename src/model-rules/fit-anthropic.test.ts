import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../util/index.ts';
import { type FitOptions, fitRequest } from './fit-request.ts';
import { getModelRules } from './model-rules.ts';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const OBJECT = { type: 'object', properties: {} };

function fitFor(model: string, body: JsonObject, options: Partial<FitOptions> = {}) {
	const rules = getModelRules({ format: 'anthropic-messages', ids: [model] });
	const whole = { max_tokens: 4000, messages: [user('a')], ...body };
	return fitRequest('anthropic-messages', whole, { rules, ...options });
}

describe('a budget of thinking that Claude refuses', () => {
	const thinkingFor = (body: JsonObject, options?: Partial<FitOptions>) =>
		fitFor('claude-haiku-4-5', body, options).body['thinking'];
	const budget = (budget_tokens?: number) => ({ type: 'enabled', ...(budget_tokens && { budget_tokens }) });

	it.each([
		['as large as the answer', budget(4000), budget(2000)],
		['larger than the answer', budget(9000), budget(2000)],
		['below the smallest', budget(500), budget(1024)],
		['without a number', budget(), budget(2000)],
	])('becomes one that it takes: %s', (_what, thinking, sent) => {
		expect(thinkingFor({ thinking })).toEqual(sent);
	});

	it('is none where the answer has no room for one', () => {
		expect(thinkingFor({ max_tokens: 1024, thinking: budget(1024) })).toBeUndefined();
		expect(thinkingFor({ max_tokens: 800, thinking: budget(500) })).toBeUndefined();
	});

	it('may be larger than one answer where it is for all answers between calls of tools', () => {
		const tools = [{ name: 'f', input_schema: OBJECT }];
		const betas = 'interleaved-thinking-2025-05-14,other';
		expect(thinkingFor({ thinking: budget(9000), tools }, { betas })).toEqual(budget(9000));
		expect(thinkingFor({ thinking: budget(9000), tools }, { betas, limit: 3000 })).toEqual(budget(1500));
		expect(thinkingFor({ thinking: budget(9000) }, { betas })).toEqual(budget(2000));
	});
});

describe('a tool that is forced while Claude thinks as it likes', () => {
	const forced = {
		thinking: { type: 'adaptive' },
		tools: [{ name: 'f', input_schema: OBJECT }],
		tool_choice: { type: 'any' },
	};

	it.each(['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-opus-4-7'])('may be chosen by %s itself', (model) => {
		const { body, dropped } = fitFor(model, forced);
		expect(body['tool_choice']).toEqual({ type: 'auto' });
		expect(dropped).toEqual(['tool_choice']);
	});

	it.each(['claude-opus-4-8', 'claude-sonnet-5', 'claude-fable-5'])('is forced for %s, which takes both', (model) => {
		expect(fitFor(model, forced).dropped).toEqual([]);
	});
});

describe('an answer that has been begun', () => {
	const sentFor = (body: JsonObject) => fitFor('claude-haiku-4-5', body).body;

	it.each([
		['a text', 'The answer is \n', 'The answer is'],
		['blocks', [{ type: 'text', text: 'It  is ' }], [{ type: 'text', text: 'It  is' }]],
		[
			'a last block of nothing else',
			[
				{ type: 'text', text: 'x' },
				{ type: 'text', text: ' ' },
			],
			[{ type: 'text', text: 'x' }],
		],
	])('is continued though it ends with white space: %s', (_what, content, sent) => {
		const { body, dropped } = fitFor('claude-haiku-4-5', { messages: [user('a '), assistant(content)] });
		expect(body['messages']).toEqual([user('a '), assistant(sent)]);
		expect(dropped).toEqual(['messages[1].content']);
	});

	it('is left as it was where it is not the last message', () => {
		const messages = [user('a'), assistant('b '), user('c')];
		expect(sentFor({ messages })['messages']).toBe(messages);
	});

	it('is continued without thinking, which Claude refuses beside it', () => {
		const thinking = { type: 'enabled', budget_tokens: 2000 };
		const { body, dropped } = fitFor('claude-haiku-4-5', { thinking, messages: [user('a'), assistant('It is')] });
		expect(body['thinking']).toBeUndefined();
		expect(dropped).toEqual(['thinking']);
	});

	it('is not continued where an instruction came after it', () => {
		const messages = [user('a'), assistant('b'), { role: 'system', content: 'In French.' }];
		expect(sentFor({ messages })).toEqual({
			max_tokens: 4000,
			system: [{ type: 'text', text: 'In French.' }],
			messages: [user('a'), assistant('b'), user('(empty message)')],
		});
	});
});

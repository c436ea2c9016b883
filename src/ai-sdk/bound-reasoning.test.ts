import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { expect, it } from 'vitest';
import { readCachedPrefix, withModelStamp, withoutForeignReasoning } from './bound-reasoning.ts';

const user = (text: string): LanguageModelV4Prompt[number] => ({ role: 'user', content: [{ type: 'text', text }] });
const signed = { anthropic: { signature: 's' }, switchyard: { model: 'opus' } };

it('parts of an answer name who made them, streamed ones too; what is no content does not', () => {
	expect(withModelStamp({ type: 'text', text: 'hi' }, 'opus')).toMatchObject({
		providerMetadata: { switchyard: { model: 'opus' } },
	});
	const call = { type: 'tool-call', providerMetadata: { google: { thoughtSignature: 't' } } };
	expect(withModelStamp(call, 'flash').providerMetadata).toEqual({
		google: { thoughtSignature: 't' },
		switchyard: { model: 'flash' },
	});
	expect(withModelStamp({ type: 'text-delta', delta: 'x' }, 'opus')).toEqual({ type: 'text-delta', delta: 'x' });
});

it('a conversation that carries signed reasoning is bound to its maker; a plain one only remembers it', () => {
	const answer = (providerOptions: object): LanguageModelV4Prompt => [
		user('one two three four'),
		// Provider options as the AI SDK brings them back.
		{ role: 'assistant', content: [{ type: 'text', text: 'four', providerOptions: providerOptions as typeof signed }] },
		user('and now?'),
	];
	expect(readCachedPrefix(answer(signed))).toEqual({ model: 'opus', tokens: 6, boundToModel: true });
	expect(readCachedPrefix(answer({ switchyard: { model: 'opus' } }))).toEqual({
		model: 'opus',
		tokens: 6,
		boundToModel: false,
	});
	expect(readCachedPrefix(answer({ anthropic: { signature: 's' } }))).toBeNull();
	expect(readCachedPrefix([user('hello')])).toBeNull();
});

it('another model is not sent what it cannot verify, and the maker gets all of it back', () => {
	const prompt: LanguageModelV4Prompt = [
		user('hello'),
		{
			role: 'assistant',
			content: [
				{ type: 'reasoning', text: 'hm', providerOptions: signed },
				{ type: 'text', text: 'so', providerOptions: signed },
				{ type: 'tool-call', toolCallId: '1', toolName: 't', input: {}, providerOptions: signed },
				{ type: 'text', text: 'mine', providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } },
			],
		},
	];
	expect(withoutForeignReasoning(prompt, 'opus')).toEqual(prompt);
	expect(withoutForeignReasoning(prompt, 'sonnet')[1]?.content).toEqual([
		{ type: 'text', text: 'so' },
		{ type: 'tool-call', toolCallId: '1', toolName: 't', input: {} },
		{ type: 'text', text: 'mine', providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } },
	]);
});

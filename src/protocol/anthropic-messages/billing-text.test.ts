import { describe, expect, it } from 'vitest';
import { fitRequest, getModelRules } from '../../model-rules/index.ts';
import { decodeAnthropicRequest } from './decode.ts';
import { findPromptPrefixes } from './prompt-cache.ts';

const billing = (version: string) => ({ type: 'text', text: `x-anthropic-billing-header: cc_version=${version};` });
const PROMPT = { type: 'text', text: 'You are Claude Code. '.repeat(500) };
const body = (version: string) => ({
	model: 'auto',
	max_tokens: 100,
	system: [billing(version), PROMPT],
	messages: [{ role: 'user', content: 'Fix the bug' }],
});
const fitted = (id: string) =>
	fitRequest('anthropic-messages', body('2.1.1'), {
		rules: getModelRules({ format: 'anthropic-messages', ids: [id] }),
	});

describe('the text by which Claude Code tells Anthropic its version, another in each session', () => {
	it('goes to no other provider, which would miss its prompt cache for it', () => {
		const { options, dropped } = decodeAnthropicRequest(body('2.1.1'));
		expect(options.prompt.filter(({ role }) => role === 'system').map(({ content }) => content)).toEqual([PROMPT.text]);
		expect(dropped).toEqual([]);
		expect(fitted('deepseek-v4').body['system']).toEqual([PROMPT]);
	});

	it('goes to Anthropic as it came', () => {
		expect(fitted('claude-opus-5-5').body['system']).toEqual([billing('2.1.1'), PROMPT]);
	});

	it('makes no other prefix of the same prompt', () => {
		const hashes = ['2.1.1', '2.1.2'].map((version) =>
			findPromptPrefixes(body(version), { scope: '' }).map(({ hash }) => hash),
		);
		expect(hashes[0]).toEqual(hashes[1]);
	});
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureCpuMs } from '../../test/support/cpu-time.ts';
import { adaptPromptForFamily, getModelFamily } from './adapt-prompt.ts';
import { FallbackChain } from './index.ts';

const families = fc.constantFrom('anthropic', 'openai', 'google', 'custom', undefined);
const prompts = fc.oneof(
	fc.string(),
	fc.string().map((text) => `<context>\n${text}\n</context>\nDo it.`),
	fc.constantFrom('<task>', '</task><task>', '<div>\n</div>', 'x <context>y</context>'),
);

it("never loses or changes a character of the user's text, and adapting twice adds nothing", () => {
	fc.assert(
		fc.property(prompts, families, families, (prompt, family, other) => {
			const adapted = adaptPromptForFamily(prompt, family);
			expect(adapted.startsWith(prompt)).toBe(true);
			expect(adaptPromptForFamily(adapted, family)).toBe(adapted);
			expect(adaptPromptForFamily(prompt, family)).toBe(adapted);
			const twice = adaptPromptForFamily(adapted, other);
			expect(adaptPromptForFamily(twice, family)).toBe(twice);
		}),
	);
});

describe('a prompt written for one family is read well by another', () => {
	const prompt = '<instructions>\nBe short.\n</instructions>\n<document>\nText\n</document>';
	it.each(['openai', 'google', 'gpt-5.4', 'gemini-3.8-flash'])('%s is told that tags mark the parts', (family) => {
		expect(adaptPromptForFamily(prompt, family)).toBe(`${prompt}\n\nThe XML tags in this message mark its parts.`);
	});
	it.each(['anthropic', 'custom', undefined])('%s reads it as it is', (family) => {
		expect(adaptPromptForFamily(prompt, family)).toBe(prompt);
	});
	it.each(['<example>', '<document>', '\t  <instruction>', '<CONTEXT>'])('parts are marked by %s', (open) => {
		const text = `${open}\nA\n${open.trim().replace('<', '</')}`;
		expect(adaptPromptForFamily(text, 'openai')).toContain('XML tags');
	});
	it.each(['Fix <div>\n</div> please', '<context> is never closed', 'Use Array<task>', 'x <task>y</task>', ''])(
		'code and lone tags are no parts: %s',
		(text) => expect(adaptPromptForFamily(text, 'openai')).toBe(text),
	);
	it('a prompt of ten megabytes with a tag on every line costs no more than reading it', () => {
		const prompt = '<context>\n'.repeat(1_000_000);
		expect(measureCpuMs(() => void adaptPromptForFamily(prompt, 'openai'))).toBeLessThan(2000);
	});
});

it('the family comes from the profile, else from the name, and an unknown name has none', () => {
	const profile = { name: 'mine', family: 'google' };
	expect(getModelFamily(profile)).toBe('google');
	expect(getModelFamily({ name: 'mine', provider: 'openai' } as { name: string })).toBe('openai');
	expect(getModelFamily({ name: 'opus' })).toBe('anthropic');
	expect(getModelFamily('turbo3')).toBeUndefined();
	expect(['opus', 'gpt-3.5', 'o3-mini', 'gemini-flash', 'mistral'].map(getModelFamily)).toEqual([
		'anthropic',
		'openai',
		'openai',
		'google',
		undefined,
	]);
});

describe('a registered adapter', () => {
	it('of the model wins over one of its family, and that over what is built in; calls get it by their context', async () => {
		const chain = new FallbackChain({ getFamily: (model) => (model === 'mine' ? 'openai' : undefined) });
		chain.registerAdapter('openai', (prompt, model) => `${model}: ${prompt}`);
		chain.registerAdapter('gpt-4', (prompt) => `four: ${prompt}`);
		expect(['gpt-3.5', 'gpt-4', 'mine', 'opus'].map((model) => chain.adaptPrompt('hi', model))).toEqual([
			'gpt-3.5: hi',
			'four: hi',
			'mine: hi',
			'hi',
		]);
		const { value } = await chain.executeWithFallback(async (_model, context) => context.adaptPrompt('hi'), ['gpt-4']);
		expect(value).toBe('four: hi');
	});
});

import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, it } from 'vitest';
import type { ModelProfile } from '../../contracts/index.ts';
import { createTextTokenCounter } from '../../tokenizer/index.ts';
import { createInputBound } from './index.ts';

const countTexts = createTextTokenCounter();
const PROFILES = ['openai', 'anthropic', 'google', 'custom'].map(
	(provider) => ({ provider, modelId: 'gpt-5', contextWindow: 200_000 }) as ModelProfile,
);

const SCRIPTS = [
	'The quick brown fox jumps over the lazy dog. ',
	'const total = items.reduce((sum, { price }) => sum + price, 0);\n',
	'敏捷的棕色狐狸跳过懒狗。素早い茶色の狐',
	'👩‍👩‍👧‍👦🇩🇪🏳️‍🌈',
	'Z̸̢̛a̷͓͑l̵͍̈́g̶̱̏o̴̰͌',
	'สวัสดีชาวโลก नमस्ते דרך שלום مرحبا',
	'\u0000\u0001\u0007\u001b[31m\ufffd',
	'====----____',
	'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
	'"\\"\\n\\u00e9{}[]',
	'          \n\n\n\t\t',
];
const text = fc.oneof(
	fc.tuple(fc.constantFrom(...SCRIPTS), fc.integer({ min: 1, max: 60 })).map(([part, times]) => part.repeat(times)),
	fc.string({ unit: 'binary', maxLength: 400 }),
	fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString('base64')),
);
const schema = fc.record({
	type: fc.constant('object'),
	properties: fc.dictionary(
		fc.string({ minLength: 1, maxLength: 12 }),
		fc.record({ type: fc.constant('string'), description: text }),
		{ maxKeys: 4 },
	),
});
const tool = fc.record({ name: fc.string({ maxLength: 20 }), description: text, parameters: schema });
const turns = fc.array(fc.tuple(fc.boolean(), fc.array(text, { minLength: 1, maxLength: 4 })), {
	minLength: 1,
	maxLength: 12,
});

/** A request in one of the formats, from its instructions, its turns and its tools. */
const FORMATS: ReadonlyArray<(parts: [string, Array<[boolean, string[]]>, Array<{ name: string }>]) => object> = [
	([system, messages, tools]) => ({
		messages: [
			{ role: 'system', content: system },
			...messages.map(([isUser, texts]) => ({ role: isUser ? 'user' : 'assistant', content: texts.join(' ') })),
		],
		tools: tools.map((one) => ({ type: 'function', function: one })),
	}),
	([system, messages, tools]) => ({
		system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
		messages: messages.map(([isUser, texts]) =>
			isUser
				? {
						role: 'user',
						content: [
							{ type: 'tool_result', tool_use_id: 't', content: texts.map((one) => ({ type: 'text', text: one })) },
						],
					}
				: {
						role: 'assistant',
						content: [{ type: 'tool_use', id: 't', name: 'n', input: { file_id: texts[0], rest: texts } }],
					},
		),
		tools: tools.map(({ name, ...rest }) => ({ name, input_schema: rest })),
	}),
	([system, messages, tools]) => ({
		instructions: system,
		input: messages.map(([isUser, texts]) =>
			isUser
				? { role: 'user', content: texts.map((one) => ({ type: 'input_text', text: one })) }
				: { type: 'function_call', call_id: 'c', name: 'n', arguments: JSON.stringify(texts) },
		),
		tools: tools.map((one) => ({ type: 'function', ...one })),
	}),
	([system, messages, tools]) => ({
		systemInstruction: { parts: [{ text: system }] },
		contents: messages.map(([isUser, texts]) => ({
			role: isUser ? 'user' : 'model',
			parts: texts.map((one) => (isUser ? { text: one } : { functionCall: { name: 'n', args: { one } } })),
		})),
		tools: [{ functionDeclarations: tools }],
	}),
];
const request = fc.tuple(fc.constantFrom(...FORMATS), fc.tuple(text, turns, fc.array(tool, { maxLength: 5 })));

/** Every text that a provider reads, counted by itself: no template makes fewer tokens of them than this. */
function countTrueTokens(value: unknown): number {
	if (typeof value === 'string') return countTokens(value, { disallowedSpecial: new Set<string>() });
	if (typeof value !== 'object' || value === null) return 0;
	return Object.values(value).reduce((sum: number, member) => sum + countTrueTokens(member), 0);
}

it('whatever a request is made of, it takes no more tokens than are held for it: by its bytes, or counted', async () => {
	await fc.assert(
		fc.asyncProperty(request, async ([format, parts]) => {
			const body = format(parts);
			const sent = JSON.stringify(body);
			const [system, messages, tools] = parts;
			const truth = countTrueTokens([system, messages.map(([, texts]) => texts), tools]);
			const raw = createInputBound({ input: JSON.parse(sent), bodyBytes: Buffer.byteLength(sent) });
			const read = createInputBound({ input: body });
			for (const profile of PROFILES) {
				expect(raw.tokens(profile)).toBeGreaterThanOrEqual(truth);
				expect(read.tokens(profile)).toBeGreaterThanOrEqual(truth);
				const counted = await read.countTokens(profile, countTexts);
				expect(counted).toBeGreaterThanOrEqual(truth);
				expect(counted).toBeLessThanOrEqual(read.tokens(profile));
			}
		}),
		{ numRuns: 60 },
	);
}, 60_000);

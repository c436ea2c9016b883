import { createAnthropic } from '@ai-sdk/anthropic';
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withOutputLimit } from './anthropic.ts';
import { withReadableAnswers } from './readable-fetch.ts';

const ANSWER = {
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	model: 'm',
	content: [{ type: 'text', text: 'ok' }],
	stop_reason: 'end_turn',
	stop_sequence: null,
	usage: { input_tokens: 1, output_tokens: 1 },
};

/** What is sent to Anthropic for a call. */
async function sentFor(modelId: string, options: Partial<LanguageModelV4CallOptions>) {
	let sent = { max_tokens: 0, thinking: { budget_tokens: 0 } };
	const fetch: typeof globalThis.fetch = async (_url, init) => {
		sent = { thinking: { budget_tokens: 0 }, ...JSON.parse(String(init?.body)) };
		return Response.json(ANSWER);
	};
	const model = await withOutputLimit(createAnthropic({ apiKey: 'key', fetch }).languageModel(modelId));
	await model.doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }], ...options });
	return sent;
}

describe('money reserved for an answer of Claude', () => {
	it('covers its thinking too, however it was asked to think and whatever the model', async () => {
		const reasoning = fc.constantFrom('low' as const, 'medium' as const, 'high' as const, 'none' as const, undefined);
		const budget = fc.option(fc.integer({ min: 1_024, max: 40_000 }), { nil: undefined });
		const models = fc.constantFrom(
			'claude-haiku-4-5',
			'claude-sonnet-4-5',
			'claude-sonnet-4-6',
			'claude-opus-4-8',
			'claude-new',
		);
		await fc.assert(
			fc.asyncProperty(
				models,
				fc.integer({ min: 1, max: 30_000 }),
				reasoning,
				budget,
				async (model, limit, effort, budgetTokens) => {
					const thinking = { type: 'enabled', ...(budgetTokens === undefined ? {} : { budgetTokens }) };
					const { max_tokens, thinking: told } = await sentFor(model, {
						maxOutputTokens: limit,
						...(effort === undefined ? {} : { reasoning: effort }),
						...(budgetTokens === undefined ? {} : { providerOptions: { anthropic: { thinking } } }),
					});
					expect(max_tokens).toBeLessThanOrEqual(limit);
					// Anthropic refuses a budget that leaves nothing for the answer
					expect(told.budget_tokens ?? 0).toBeLessThan(max_tokens);
				},
			),
			{ numRuns: 200 },
		);
	});

	it('gives the whole limit to a model that decides for itself how much to think', async () => {
		expect(await sentFor('claude-opus-4-8', { maxOutputTokens: 5_000, reasoning: 'high' })).toMatchObject({
			max_tokens: 5_000,
		});
	});
});

it.each([
	['that tells no usage', undefined, 7],
	['that tells no usage', undefined, 10_000],
	['with an empty usage', {}, 10_000],
	['with a usage of texts', { input_tokens: '9', output_tokens: 'NaN', cache_read_input_tokens: '1' }, 10_000],
	['with a usage of nulls', { input_tokens: null, output_tokens: null }, 10_000],
])('a stream %s is read: %j, in pieces of %i bytes', async (_name, usage, size) => {
	const events = [
		{ type: 'message_start', message: { ...ANSWER, content: [], usage } },
		{ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
		{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'été 懒狗' } },
		{ type: 'content_block_stop', index: 0 },
		{ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
		{ type: 'message_stop' },
	];
	const bytes = Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
	const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
		bytes.subarray(index * size, (index + 1) * size),
	);
	const headers = { 'content-type': 'text/event-stream' };
	const fetch = withReadableAnswers(
		async () => new Response(ReadableStream.from(pieces), { headers }),
		'anthropic-messages',
	);
	const model = createAnthropic({ apiKey: 'key', fetch }).languageModel('claude-haiku-4-5');
	const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] });
	const parts: LanguageModelV4StreamPart[] = [];
	for await (const part of stream) parts.push(part);
	expect(parts.filter(({ type }) => type === 'error')).toEqual([]);
	expect(parts).toContainEqual(expect.objectContaining({ type: 'text-delta', delta: 'été 懒狗' }));
	expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'stop' } });
});

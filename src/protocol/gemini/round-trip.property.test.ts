import { createGoogle } from '@ai-sdk/google';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../util/index.ts';
import { geminiFormat } from './format.ts';

const ANSWER = {
	candidates: [{ content: { parts: [{ text: 'ok' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
	usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
};

/** What the AI SDK's provider sends to Google for a caller's request. */
async function sentFor(body: JsonObject): Promise<JsonObject> {
	let sent: JsonObject = {};
	const provider = createGoogle({
		apiKey: 'key',
		fetch: async (_url, init) => {
			sent = JSON.parse(String(init?.body));
			return Response.json(ANSWER);
		},
	});
	const { options } = geminiFormat.decodeRequest(body);
	await provider.languageModel('gemini-2.5-pro').doGenerate(options);
	return sent;
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const identifier = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,8}$/);
const args = fc.dictionary(identifier, fc.oneof(fc.integer(), fc.boolean(), text), { maxKeys: 3 });
const signature = fc.base64String({ minLength: 8 });
const userPart = fc.oneof(
	fc.record({ text }),
	fc.constantFrom(
		{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
		{ fileData: { mimeType: 'application/pdf', fileUri: 'gs://bucket/Some File.pdf' } },
		{ fileData: { mimeType: 'video/mp4', fileUri: 'https://example.com/v.mp4' } },
	),
);
const modelPart = fc.oneof(
	fc.record({ text }),
	fc.record({ text, thoughtSignature: signature }),
	fc.record({ text, thought: fc.constant(true), thoughtSignature: signature }),
);
const turn = fc.record({
	ask: fc.array(userPart, { minLength: 1, maxLength: 3 }),
	said: fc.array(modelPart, { minLength: 1, maxLength: 3 }),
	calls: fc.array(fc.record({ name: identifier, args, output: text, thoughtSignature: signature }), { maxLength: 3 }),
});
const request = fc
	.record({
		turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
		hasIds: fc.boolean(),
		isSnake: fc.boolean(),
		system: fc.option(text, { nil: undefined }),
		tools: fc.uniqueArray(identifier, { maxLength: 3 }),
		mode: fc.constantFrom(undefined, 'AUTO', 'ANY', 'NONE'),
		generationConfig: fc.record(
			{
				temperature: fc.constantFrom(0, 0.5, 2),
				topK: fc.constantFrom(1, 40),
				maxOutputTokens: fc.integer({ min: 1, max: 60_000 }),
				stopSequences: fc.array(text, { minLength: 1, maxLength: 2 }),
				seed: fc.nat(),
				thinkingConfig: fc.record({ thinkingBudget: fc.constantFrom(0, 128, 20_000), includeThoughts: fc.boolean() }),
			},
			{ requiredKeys: [] },
		),
	})
	.map(({ turns, hasIds, system, tools, mode, generationConfig, isSnake }) => {
		const contents = turns.flatMap(({ ask, said, calls }, at) => {
			const idOf = (index: number) => (hasIds ? { id: `id_${at}_${index}` } : {});
			const called = calls.map(({ name, args: given, thoughtSignature }, index) => ({
				functionCall: { ...idOf(index), name, args: given },
				thoughtSignature,
			}));
			const answered = calls.map(({ name, output }, index) => ({
				functionResponse: { ...idOf(index), name, response: { output } },
			}));
			return [
				{ role: 'user', parts: ask },
				{ role: 'model', parts: [...said, ...called] },
				...(answered.length > 0 ? [{ role: 'user', parts: answered }] : []),
			];
		});
		const declarations = tools.map((name) => ({
			name,
			description: 'd',
			parameters: { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true } }, required: ['a'] },
		}));
		return {
			isSnake,
			body: {
				contents,
				...(system === undefined ? {} : { systemInstruction: { parts: [{ text: system }] } }),
				...(Object.keys(generationConfig).length === 0 ? {} : { generationConfig }),
				...(tools.length === 0 ? {} : { tools: [{ functionDeclarations: declarations }] }),
				...(tools.length === 0 || mode === undefined ? {} : { toolConfig: { functionCallingConfig: { mode } } }),
			},
		};
	});

/** The same in snake case, as Google's API also takes it; arguments, results and schemas stay as they are. */
function snake(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(snake);
	if (typeof value !== 'object' || value === null) return value;
	const asIs = new Set(['args', 'response', 'parameters']);
	return Object.fromEntries(
		Object.entries(value).map(([name, inner]) => [
			name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
			asIs.has(name) ? inner : snake(inner),
		]),
	);
}

interface Part {
	functionCall?: { id?: string };
	functionResponse?: { id?: string; name: string; response: { output?: unknown; content?: unknown } };
}

/** The provider wraps results, gives every call an id and writes schemas as JSON Schema: undone here. */
function normalize(body: JsonObject): unknown {
	const copy = JSON.parse(JSON.stringify(body));
	let calls = 0;
	for (const { parts } of copy.contents as { parts: Part[] }[]) {
		for (const { functionCall, functionResponse } of parts) {
			if (functionCall !== undefined) {
				calls += 1;
				functionCall.id ??= `call_${calls}`;
			}
			if (functionResponse === undefined) continue;
			const { response } = functionResponse;
			functionResponse.response = { output: response.content ?? response.output };
		}
	}
	for (const { functionDeclarations } of copy.tools ?? []) {
		for (const declaration of functionDeclarations) {
			declaration.parametersJsonSchema ??= {
				type: 'object',
				properties: { a: { type: ['string', 'null'] } },
				required: ['a'],
			};
			delete declaration.parameters;
		}
	}
	const { generationConfig = {} } = copy;
	return { ...copy, generationConfig };
}

/** Results without an id get that of the first call of their name that waits. */
function withResultIds(body: ReturnType<typeof normalize>): unknown {
	const waiting: { id: string; name: string }[] = [];
	const copy = body as { contents: { parts: Part[] }[] };
	for (const { functionCall, functionResponse } of copy.contents.flatMap(({ parts }) => parts)) {
		if (functionCall !== undefined) waiting.push(functionCall as { id: string; name: string });
		if (functionResponse === undefined) continue;
		const at = waiting.findIndex(({ name }) => name === functionResponse.name);
		functionResponse.id ??= waiting[at]?.id ?? '';
		waiting.splice(at, 1);
	}
	return copy;
}

describe('a request that goes to Google through the neutral form', () => {
	it('says what the caller said, in either spelling: texts, files, calls, results, signed thoughts, settings', async () => {
		await fc.assert(
			fc.asyncProperty(request, async ({ body, isSnake }) => {
				// snake() makes an object of an object
				const spoken = isSnake ? (snake(body) as JsonObject) : body;
				expect(withResultIds(normalize(await sentFor(spoken)))).toEqual(withResultIds(normalize(body)));
				expect(geminiFormat.decodeRequest(spoken).dropped).toEqual([]);
			}),
			{ numRuns: 200 },
		);
	});
});

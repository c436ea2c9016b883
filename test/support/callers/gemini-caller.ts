import {
	type Content,
	type GenerateContentConfig,
	type GenerateContentParameters,
	type GenerateContentResponse,
	GoogleGenAI,
	type Part,
} from '@google/genai';
import {
	type Caller,
	type CallerAnswer,
	type CallerAsk,
	type CallerOptions,
	hearingFetch,
	statusIn,
} from './caller.ts';

function parts(ask: CallerAsk): Part[] {
	return [
		{ text: ask.prompt },
		...(ask.image === undefined ? [] : [{ inlineData: { mimeType: 'image/png', data: ask.image } }]),
		...(ask.file === undefined ? [] : [{ inlineData: { mimeType: 'application/pdf', data: ask.file } }]),
	];
}

function config(ask: CallerAsk): GenerateContentConfig {
	return {
		maxOutputTokens: ask.maxTokens ?? 4000,
		...(ask.signal === undefined ? {} : { abortSignal: ask.signal }),
		...(ask.system === undefined ? {} : { systemInstruction: ask.system }),
		...(ask.stop === undefined ? {} : { stopSequences: ask.stop }),
		...(ask.isThinking === true ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } } : {}),
		...(ask.tools === undefined
			? {}
			: {
					tools: [
						{
							functionDeclarations: ask.tools.map(({ name, description, schema }) => ({
								name,
								description,
								parametersJsonSchema: schema,
							})),
						},
					],
				}),
		...(ask.schema === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: ask.schema }),
	};
}

const FINISH: Record<string, CallerAnswer['finish']> = { STOP: 'stop', MAX_TOKENS: 'length' };

/** The `@google/genai` package. */
export function geminiCaller({ url, apiKey = 'x', headers = {}, onHeaders }: CallerOptions): Caller {
	const client = (retries = 0) =>
		new GoogleGenAI({
			apiKey,
			httpOptions: {
				baseUrl: url,
				headers,
				fetch: hearingFetch(onHeaders),
				...(retries > 0 ? { retryOptions: { attempts: retries + 1 } } : {}),
			},
		});

	async function generate(ask: CallerAsk, contents: Content[], stream: boolean): Promise<GenerateContentResponse[]> {
		const { models } = client(ask.retries);
		const request: GenerateContentParameters = { model: ask.model, contents, config: config(ask) };
		if (!stream) return [await models.generateContent(request)];
		const responses: GenerateContentResponse[] = [];
		for await (const response of await models.generateContentStream(request)) responses.push(response);
		return responses;
	}

	async function run(ask: CallerAsk, contents: Content[], stream: boolean): Promise<CallerAnswer> {
		const responses = await generate(ask, contents, stream);
		const given = responses.flatMap((response) => response.candidates?.[0]?.content?.parts ?? []);
		const candidates = responses.flatMap((response) => response.candidates?.slice(0, 1) ?? []);
		const words = given.filter(({ text, thought }) => text !== undefined && text !== '' && thought !== true);
		const calls = given.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall]));
		const usage = responses.at(-1)?.usageMetadata;
		const finish = FINISH[candidates.at(-1)?.finishReason ?? ''] ?? 'other';
		return {
			text: words.map(({ text }) => text).join(''),
			reasoning: given.map(({ text, thought }) => (thought === true ? text : '')).join(''),
			hasSignature: given.some(({ thoughtSignature }) => (thoughtSignature ?? '') !== ''),
			toolCalls: calls.map(({ id, name, args }) => ({ id: id ?? '', name: name ?? '', arguments: args })),
			finish: finish === 'stop' && calls.length > 0 ? 'tool-calls' : finish,
			usage: {
				input: usage?.promptTokenCount ?? 0,
				output: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
			},
			citations: candidates.flatMap(
				({ groundingMetadata }) => groundingMetadata?.groundingChunks?.map(({ web }) => web?.uri ?? '') ?? [],
			),
			model: responses[0]?.modelVersion ?? '',
			pieces: words.length,
			next: (results) =>
				run(
					ask,
					[
						...contents,
						{ role: 'model', parts: given },
						{
							role: 'user',
							parts: results.map(({ id, name, output }) => ({
								functionResponse: { ...(id === '' ? {} : { id }), name, response: { output } },
							})),
						},
					],
					stream,
				),
		};
	}

	const opening = (ask: CallerAsk): Content[] => [{ role: 'user', parts: parts(ask) }];
	return {
		name: 'gemini',
		ask: (ask, { stream }) => run(ask, opening(ask), stream),
		listen: async (ask, onText) => {
			const events = await client(ask.retries).models.generateContentStream({
				model: ask.model,
				contents: opening(ask),
				config: config(ask),
			});
			for await (const event of events) onText(event.text ?? '');
		},
		statusOf: statusIn,
	};
}

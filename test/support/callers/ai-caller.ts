import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
	APICallError,
	generateText,
	jsonSchema,
	type LanguageModel,
	type ModelMessage,
	Output,
	RetryError,
	streamText,
	type ToolSet,
	tool,
} from 'ai';
import { type Caller, type CallerAnswer, type CallerAsk, type CallerOptions, hearingFetch } from './caller.ts';

type Models = (options: CallerOptions) => (model: string) => LanguageModel;

const apiKey = 'x';
const MODELS: Readonly<Record<string, Models>> = {
	'openai-chat': ({ url, headers = {}, onHeaders }) =>
		createOpenAICompatible({
			name: 'gateway',
			apiKey,
			baseURL: `${url}/v1`,
			headers,
			includeUsage: true,
			supportsStructuredOutputs: true,
			fetch: hearingFetch(onHeaders),
		}),
	'openai-responses': ({ url, headers = {}, onHeaders }) =>
		createOpenAI({ apiKey, baseURL: `${url}/v1`, headers, fetch: hearingFetch(onHeaders) }).responses,
	'anthropic-messages': ({ url, headers = {}, onHeaders }) =>
		createAnthropic({ apiKey, baseURL: `${url}/v1`, headers, fetch: hearingFetch(onHeaders) }),
	gemini: ({ url, headers = {}, onHeaders }) =>
		createGoogle({ apiKey, baseURL: `${url}/v1beta`, headers, fetch: hearingFetch(onHeaders) }),
};

/** How each of the packages is told to think aloud. */
const THINKING = {
	openai: { reasoningEffort: 'medium', reasoningSummary: 'auto', forceReasoning: true, store: false },
	anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } },
	google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } },
	gateway: { reasoningEffort: 'medium' },
};

function toolsOf(ask: CallerAsk): ToolSet {
	return Object.fromEntries(
		(ask.tools ?? []).map(({ name, description, schema }) => [
			name,
			tool({ description, inputSchema: jsonSchema(schema) }),
		]),
	);
}

function settings(ask: CallerAsk, model: LanguageModel, messages: ModelMessage[]) {
	return {
		model,
		messages,
		maxOutputTokens: ask.maxTokens ?? 4000,
		maxRetries: ask.retries ?? 0,
		...(ask.system === undefined ? {} : { instructions: ask.system }),
		...(ask.stop === undefined ? {} : { stopSequences: ask.stop }),
		...(ask.signal === undefined ? {} : { abortSignal: ask.signal }),
		...(ask.tools === undefined ? {} : { tools: toolsOf(ask) }),
		...(ask.isThinking === true ? { providerOptions: THINKING } : { providerOptions: { openai: { store: false } } }),
		...(ask.schema === undefined ? {} : { output: Output.object({ schema: jsonSchema(ask.schema) }) }),
	};
}

const FINISH: Record<string, CallerAnswer['finish']> = { stop: 'stop', length: 'length', 'tool-calls': 'tool-calls' };

/** What both ways of asking tell of an answer. */
interface Told {
	text: string;
	reasoningText: string | undefined;
	toolCalls: ReadonlyArray<{ toolCallId: string; toolName: string; input: unknown }>;
	finishReason: string;
	usage: { inputTokens: number | undefined; outputTokens: number | undefined };
	sources: ReadonlyArray<{ sourceType: string; url?: string }>;
	modelId: string;
	messages: ModelMessage[];
	pieces: number;
}

async function whole(ask: CallerAsk, model: LanguageModel, messages: ModelMessage[]): Promise<Told> {
	const result = await generateText(settings(ask, model, messages));
	const { finishReason, reasoningText, response, sources, text, toolCalls, usage } = result;
	const told = { finishReason, reasoningText, sources, text, toolCalls, usage };
	return { ...told, modelId: response.modelId, messages: response.messages, pieces: 1 };
}

async function streamed(ask: CallerAsk, model: LanguageModel, messages: ModelMessage[]): Promise<Told> {
	let failure: unknown = null;
	const result = streamText({
		...settings(ask, model, messages),
		onError: ({ error }) => {
			failure = error;
		},
	});
	let pieces = 0;
	for await (const _piece of result.textStream) pieces += 1;
	if (failure !== null) throw failure;
	const response = await result.response;
	return {
		text: await result.text,
		reasoningText: await result.reasoningText,
		toolCalls: await result.toolCalls,
		finishReason: await result.finishReason,
		usage: await result.usage,
		sources: await result.sources,
		modelId: response.modelId,
		messages: response.messages,
		pieces,
	};
}

async function run(
	ask: CallerAsk,
	{ messages, model, stream }: { messages: ModelMessage[]; model: LanguageModel; stream: boolean },
): Promise<CallerAnswer> {
	const told = await (stream ? streamed : whole)(ask, model, messages);
	return {
		text: told.text,
		reasoning: told.reasoningText ?? '',
		hasSignature: false,
		toolCalls: told.toolCalls.map(({ input, toolCallId, toolName }) => ({
			id: toolCallId,
			name: toolName,
			arguments: input,
		})),
		finish: FINISH[told.finishReason] ?? 'other',
		usage: { input: told.usage.inputTokens ?? 0, output: told.usage.outputTokens ?? 0 },
		citations: told.sources.map(({ url }) => url ?? ''),
		model: told.modelId,
		pieces: told.pieces,
		next: (results) => {
			const outputs = results.map(({ id, name, output }) => ({
				type: 'tool-result' as const,
				toolCallId: id,
				toolName: name,
				output: { type: 'text' as const, value: output },
			}));
			const next: ModelMessage[] = [...messages, ...told.messages, { role: 'tool', content: outputs }];
			return run(ask, { messages: next, model, stream });
		},
	};
}

function opening({ file, image, prompt }: CallerAsk): ModelMessage[] {
	return [
		{
			role: 'user',
			content: [
				{ type: 'text', text: prompt },
				...(image === undefined ? [] : [{ type: 'file' as const, data: image, mediaType: 'image/png' }]),
				...(file === undefined
					? []
					: [{ type: 'file' as const, data: file, mediaType: 'application/pdf', filename: 'paper.pdf' }]),
			],
		},
	];
}

/** The `ai` package over the provider package that speaks a format. */
export function aiCaller(format: string, options: CallerOptions): Caller {
	const models = MODELS[format]?.(options);
	if (models === undefined) throw new Error(`no provider package for ${format}`);
	return {
		name: `ai, ${format}`,
		ask: (ask, { stream }) => run(ask, { messages: opening(ask), model: models(ask.model), stream }),
		listen: async (ask, onText) => {
			const { textStream } = streamText(settings(ask, models(ask.model), opening(ask)));
			for await (const piece of textStream) onText(piece);
		},
		statusOf: (error) => {
			const last = RetryError.isInstance(error) ? error.lastError : error;
			return APICallError.isInstance(last) ? (last.statusCode ?? null) : null;
		},
	};
}

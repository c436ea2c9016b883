import OpenAI from 'openai';
import type {
	ChatCompletion,
	ChatCompletionContentPart,
	ChatCompletionCreateParamsNonStreaming,
	ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import {
	type Caller,
	type CallerAnswer,
	type CallerAsk,
	type CallerOptions,
	hearingFetch,
	statusIn,
} from './caller.ts';

function content(ask: CallerAsk): ChatCompletionContentPart[] {
	return [
		{ type: 'text', text: ask.prompt },
		...(ask.image === undefined
			? []
			: [{ type: 'image_url' as const, image_url: { url: `data:image/png;base64,${ask.image}` } }]),
		...(ask.file === undefined
			? []
			: [
					{
						type: 'file' as const,
						file: { filename: 'paper.pdf', file_data: `data:application/pdf;base64,${ask.file}` },
					},
				]),
	];
}

function parameters(ask: CallerAsk, messages: ChatCompletionMessageParam[]): ChatCompletionCreateParamsNonStreaming {
	return {
		model: ask.model,
		messages,
		max_completion_tokens: ask.maxTokens ?? 4000,
		...(ask.stop === undefined ? {} : { stop: ask.stop }),
		...(ask.isThinking === true ? { reasoning_effort: 'medium' } : {}),
		...(ask.tools === undefined
			? {}
			: {
					tools: ask.tools.map(({ name, description, schema }) => ({
						type: 'function' as const,
						function: { name, description, parameters: schema },
					})),
				}),
		...(ask.schema === undefined
			? {}
			: {
					response_format: {
						type: 'json_schema' as const,
						json_schema: { name: 'answer', schema: ask.schema, strict: true },
					},
				}),
	};
}

const FINISH: Record<string, CallerAnswer['finish']> = { stop: 'stop', length: 'length', tool_calls: 'tool-calls' };

/** What compatible servers add to OpenAI's own fields. */
function thoughtIn(message: object | undefined): string {
	const thought: unknown = message === undefined ? undefined : Reflect.get(message, 'reasoning_content');
	return typeof thought === 'string' ? thought : '';
}

/** The `openai` package on Chat Completions. */
export function chatCaller({ url, apiKey = 'x', headers = {}, onHeaders }: CallerOptions): Caller {
	const client = (retries = 0) =>
		new OpenAI({
			apiKey,
			baseURL: `${url}/v1`,
			maxRetries: retries,
			defaultHeaders: headers,
			fetch: hearingFetch(onHeaders),
		});

	async function complete(
		ask: CallerAsk,
		messages: ChatCompletionMessageParam[],
		stream: boolean,
	): Promise<{ completion: ChatCompletion; pieces: number; thoughts: string }> {
		const chat = client(ask.retries).chat.completions;
		const options = { signal: ask.signal };
		if (!stream) {
			const completion = await chat.create(parameters(ask, messages), options);
			return { completion, pieces: 1, thoughts: thoughtIn(completion.choices[0]?.message) };
		}
		const running = chat.stream(
			{ ...parameters(ask, messages), stream: true, stream_options: { include_usage: true } },
			options,
		);
		let pieces = 0;
		let thoughts = '';
		running.on('chunk', ({ choices: [choice] }) => {
			if ((choice?.delta.content ?? '') !== '') pieces += 1;
			thoughts += thoughtIn(choice?.delta);
		});
		return { completion: await running.finalChatCompletion(), pieces, thoughts };
	}

	async function run(ask: CallerAsk, messages: ChatCompletionMessageParam[], stream: boolean): Promise<CallerAnswer> {
		const { completion, pieces, thoughts } = await complete(ask, messages, stream);
		const choice = completion.choices[0];
		if (choice === undefined) throw new Error('an answer without a choice');
		const { message } = choice;
		const calls = (message.tool_calls ?? []).filter((call) => call.type === 'function');
		return {
			text: message.content ?? '',
			reasoning: thoughts,
			hasSignature: false,
			toolCalls: calls.map((call) => ({
				id: call.id,
				name: call.function.name,
				arguments: JSON.parse(call.function.arguments),
			})),
			finish: FINISH[choice.finish_reason] ?? 'other',
			usage: { input: completion.usage?.prompt_tokens ?? 0, output: completion.usage?.completion_tokens ?? 0 },
			citations: (message.annotations ?? []).map(({ url_citation: { url: cited } }) => cited),
			model: completion.model,
			pieces,
			next: (results) =>
				run(
					ask,
					[
						...messages,
						message,
						...results.map(({ id, output }) => ({ role: 'tool' as const, tool_call_id: id, content: output })),
					],
					stream,
				),
		};
	}

	const opening = (ask: CallerAsk): ChatCompletionMessageParam[] => [
		...(ask.system === undefined ? [] : [{ role: 'system' as const, content: ask.system }]),
		{ role: 'user', content: ask.image === undefined && ask.file === undefined ? ask.prompt : content(ask) },
	];
	return {
		name: 'openai chat',
		ask: (ask, { stream }) => run(ask, opening(ask), stream),
		listen: async (ask, onText) => {
			const events = await client(ask.retries).chat.completions.create(
				{ ...parameters(ask, opening(ask)), stream: true },
				{ signal: ask.signal },
			);
			for await (const event of events) onText(event.choices[0]?.delta.content ?? '');
		},
		statusOf: statusIn,
	};
}

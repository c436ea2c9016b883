import Anthropic from '@anthropic-ai/sdk';
import type {
	ContentBlockParam,
	Message,
	MessageCreateParamsNonStreaming,
	MessageParam,
} from '@anthropic-ai/sdk/resources/messages/messages';
import {
	type Caller,
	type CallerAnswer,
	type CallerAsk,
	type CallerOptions,
	hearingFetch,
	statusIn,
} from './caller.ts';

function content(ask: CallerAsk): ContentBlockParam[] {
	return [
		...(ask.image === undefined
			? []
			: [
					{
						type: 'image' as const,
						source: { type: 'base64' as const, media_type: 'image/png' as const, data: ask.image },
					},
				]),
		...(ask.file === undefined
			? []
			: [
					{
						type: 'document' as const,
						source: { type: 'base64' as const, media_type: 'application/pdf' as const, data: ask.file },
					},
				]),
		{ type: 'text', text: ask.prompt },
	];
}

function parameters(ask: CallerAsk, messages: MessageParam[]): MessageCreateParamsNonStreaming {
	return {
		model: ask.model,
		max_tokens: ask.maxTokens ?? 4000,
		messages,
		...(ask.system === undefined ? {} : { system: ask.system }),
		...(ask.stop === undefined ? {} : { stop_sequences: ask.stop }),
		...(ask.isThinking === true ? { thinking: { type: 'enabled' as const, budget_tokens: 1024 } } : {}),
		...(ask.tools === undefined
			? {}
			: {
					tools: ask.tools.map(({ name, description, schema }) => ({
						name,
						description,
						input_schema: { type: 'object' as const, ...schema },
					})),
				}),
		...(ask.schema === undefined
			? {}
			: { output_config: { format: { type: 'json_schema' as const, schema: ask.schema } } }),
	};
}

const FINISH: Record<string, CallerAnswer['finish']> = {
	end_turn: 'stop',
	stop_sequence: 'stop',
	max_tokens: 'length',
	tool_use: 'tool-calls',
};

/** The `@anthropic-ai/sdk` package. */
export function messagesCaller({ url, apiKey = 'x', headers = {}, onHeaders }: CallerOptions): Caller {
	const client = (retries = 0) =>
		new Anthropic({
			apiKey,
			baseURL: url,
			maxRetries: retries,
			defaultHeaders: headers,
			fetch: hearingFetch(onHeaders),
		});

	async function create(ask: CallerAsk, messages: MessageParam[], stream: boolean) {
		const options = { signal: ask.signal };
		const api = client(ask.retries).messages;
		if (!stream) return { message: await api.create(parameters(ask, messages), options), pieces: 1 };
		const running = api.stream(parameters(ask, messages), options);
		let pieces = 0;
		running.on('text', () => {
			pieces += 1;
		});
		return { message: await running.finalMessage(), pieces };
	}

	function answerOf(message: Message, pieces: number): Omit<CallerAnswer, 'next'> {
		const words = message.content.filter((block) => block.type === 'text');
		const thoughts = message.content.filter((block) => block.type === 'thinking');
		const { usage } = message;
		return {
			text: words.map(({ text }) => text).join(''),
			reasoning: thoughts.map(({ thinking }) => thinking).join(''),
			hasSignature: thoughts.some(({ signature }) => signature !== ''),
			toolCalls: message.content.flatMap((block) =>
				block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
			),
			finish: FINISH[message.stop_reason ?? ''] ?? 'other',
			usage: {
				input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
				output: usage.output_tokens,
			},
			citations: words.flatMap(({ citations }) =>
				(citations ?? []).map((citation) => ('url' in citation ? citation.url : citation.cited_text)),
			),
			model: message.model,
			pieces,
		};
	}

	async function run(ask: CallerAsk, messages: MessageParam[], stream: boolean): Promise<CallerAnswer> {
		const { message, pieces } = await create(ask, messages, stream);
		return {
			...answerOf(message, pieces),
			next: (results) =>
				run(
					ask,
					[
						...messages,
						{ role: 'assistant', content: message.content },
						{
							role: 'user',
							content: results.map(({ id, output }) => ({ type: 'tool_result', tool_use_id: id, content: output })),
						},
					],
					stream,
				),
		};
	}

	const opening = (ask: CallerAsk): MessageParam[] => [{ role: 'user', content: content(ask) }];
	return {
		name: 'anthropic',
		ask: (ask, { stream }) => run(ask, opening(ask), stream),
		listen: async (ask, onText) => {
			const events = await client(ask.retries).messages.create(
				{ ...parameters(ask, opening(ask)), stream: true },
				{ signal: ask.signal },
			);
			for await (const event of events) {
				if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') onText(event.delta.text);
			}
		},
		statusOf: statusIn,
	};
}

import OpenAI from 'openai';
import type {
	Response,
	ResponseCreateParamsNonStreaming,
	ResponseInputContent,
	ResponseInputItem,
} from 'openai/resources/responses/responses';
import {
	type Caller,
	type CallerAnswer,
	type CallerAsk,
	type CallerOptions,
	hearingFetch,
	statusIn,
} from './caller.ts';

function content(ask: CallerAsk): ResponseInputContent[] {
	return [
		{ type: 'input_text', text: ask.prompt },
		...(ask.image === undefined
			? []
			: [{ type: 'input_image' as const, image_url: `data:image/png;base64,${ask.image}`, detail: 'auto' as const }]),
		...(ask.file === undefined
			? []
			: [
					{
						type: 'input_file' as const,
						filename: 'paper.pdf',
						file_data: `data:application/pdf;base64,${ask.file}`,
					},
				]),
	];
}

function parameters(ask: CallerAsk, input: ResponseInputItem[]): ResponseCreateParamsNonStreaming {
	return {
		model: ask.model,
		input,
		store: false,
		max_output_tokens: ask.maxTokens ?? 4000,
		...(ask.system === undefined ? {} : { instructions: ask.system }),
		...(ask.isThinking === true
			? {
					reasoning: { effort: 'medium' as const, summary: 'auto' as const },
					include: ['reasoning.encrypted_content' as const],
				}
			: {}),
		...(ask.tools === undefined
			? {}
			: {
					tools: ask.tools.map(({ name, description, schema }) => ({
						type: 'function' as const,
						name,
						description,
						parameters: schema,
						strict: false,
					})),
				}),
		...(ask.schema === undefined
			? {}
			: {
					text: { format: { type: 'json_schema' as const, name: 'answer', schema: ask.schema, strict: true } },
				}),
	};
}

function finishOf(response: Response): CallerAnswer['finish'] {
	if (response.output.some(({ type }) => type === 'function_call')) return 'tool-calls';
	if (response.incomplete_details?.reason === 'max_output_tokens') return 'length';
	return response.status === 'completed' ? 'stop' : 'other';
}

/** The `openai` package on Responses. */
export function responsesCaller({ url, apiKey = 'x', headers = {}, onHeaders }: CallerOptions): Caller {
	const client = (retries = 0) =>
		new OpenAI({
			apiKey,
			baseURL: `${url}/v1`,
			maxRetries: retries,
			defaultHeaders: headers,
			fetch: hearingFetch(onHeaders),
		});

	async function respond(ask: CallerAsk, input: ResponseInputItem[], stream: boolean) {
		const options = { signal: ask.signal };
		const { responses } = client(ask.retries);
		if (!stream) return { response: await responses.create(parameters(ask, input), options), pieces: 1 };
		const running = responses.stream({ ...parameters(ask, input), stream: true }, options);
		let pieces = 0;
		running.on('response.output_text.delta', () => {
			pieces += 1;
		});
		return { response: await running.finalResponse(), pieces };
	}

	async function run(ask: CallerAsk, input: ResponseInputItem[], stream: boolean): Promise<CallerAnswer> {
		const { response, pieces } = await respond(ask, input, stream);
		const calls = response.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
		const thoughts = response.output.flatMap((item) => (item.type === 'reasoning' ? [item] : []));
		const words = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
		return {
			text: words.map((part) => (part.type === 'output_text' ? part.text : '')).join(''),
			reasoning: thoughts.flatMap(({ summary }) => summary.map(({ text }) => text)).join(''),
			hasSignature: thoughts.some(({ encrypted_content: held }) => typeof held === 'string' && held !== ''),
			toolCalls: calls.map((call) => ({ id: call.call_id, name: call.name, arguments: JSON.parse(call.arguments) })),
			finish: finishOf(response),
			usage: { input: response.usage?.input_tokens ?? 0, output: response.usage?.output_tokens ?? 0 },
			citations: words.flatMap((part) =>
				part.type === 'output_text'
					? part.annotations.flatMap((note) => (note.type === 'url_citation' ? [note.url] : []))
					: [],
			),
			model: response.model,
			pieces,
			next: (results) =>
				run(
					ask,
					[
						...input,
						// What comes out goes back in as it is: the SDK's documented way of going on without storage.
						...(response.output as ResponseInputItem[]),
						...results.map(({ id, output }) => ({ type: 'function_call_output' as const, call_id: id, output })),
					],
					stream,
				),
		};
	}

	const opening = (ask: CallerAsk): ResponseInputItem[] => [{ role: 'user', content: content(ask) }];
	return {
		name: 'openai responses',
		ask: (ask, { stream }) => run(ask, opening(ask), stream),
		listen: async (ask, onText) => {
			const events = await client(ask.retries).responses.create(
				{ ...parameters(ask, opening(ask)), stream: true },
				{ signal: ask.signal },
			);
			for await (const event of events) if (event.type === 'response.output_text.delta') onText(event.delta);
		},
		statusOf: statusIn,
	};
}

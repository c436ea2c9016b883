import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** A request that reached the provider, exactly as it was sent. */
export interface WitnessedRequest {
	method: string;
	path: string;
	/** Every header line, names as they were written. */
	headers: ReadonlyArray<readonly [name: string, value: string]>;
	body: string;
}

/** Answers one request. */
export type WitnessAnswer = (response: ServerResponse, request: WitnessedRequest) => void;

/** A provider that writes down everything it is sent, and answers as it is told. */
export interface ProviderWitness {
	url: string;
	port: number;
	requests: WitnessedRequest[];
	/** How it answers from now on. @default a short good answer in the format of the address */
	answer: WitnessAnswer;
	close(): Promise<void>;
}

const CHAT = {
	id: 'chatcmpl-1',
	object: 'chat.completion',
	created: 1,
	model: 'witness',
	choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello.' } }],
	usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
};

const MESSAGE = {
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	model: 'witness',
	content: [{ type: 'text', text: 'Hello.' }],
	stop_reason: 'end_turn',
	stop_sequence: null,
	usage: { input_tokens: 10, output_tokens: 2 },
};

const GEMINI = {
	candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text: 'Hello.' }] } }],
	usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 },
	modelVersion: 'witness',
};

const RESPONSE = {
	id: 'resp_1',
	object: 'response',
	created_at: 1,
	status: 'completed',
	model: 'witness',
	output: [
		{
			type: 'message',
			id: 'msg_1',
			role: 'assistant',
			status: 'completed',
			content: [{ type: 'output_text', text: 'Hello.', annotations: [] }],
		},
	],
	usage: { input_tokens: 10, output_tokens: 2, total_tokens: 12 },
};

/** The answer that a good provider gives in the format of an address. */
export function goodAnswer({ path }: Pick<WitnessedRequest, 'path'>): object {
	if (path.includes('/messages')) return MESSAGE;
	if (path.includes('/responses')) return RESPONSE;
	return path.includes('/chat/completions') ? CHAT : GEMINI;
}

/** Answers with JSON. */
export function answerJson(
	response: ServerResponse,
	body: unknown,
	head: { status?: number; headers?: Record<string, string | string[]> } = {},
): void {
	response.writeHead(head.status ?? 200, { 'content-type': 'application/json', ...head.headers });
	response.end(JSON.stringify(body));
}

function pairs(raw: readonly string[]): Array<readonly [string, string]> {
	return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
}

/** Starts a witness on loopback. */
export async function startProviderWitness(): Promise<ProviderWitness> {
	const witness: Pick<ProviderWitness, 'answer' | 'requests'> = {
		requests: [],
		answer: (response, request) => answerJson(response, goodAnswer(request)),
	};
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const seen: WitnessedRequest = {
			method: request.method ?? '',
			path: request.url ?? '',
			headers: pairs(request.rawHeaders),
			body: Buffer.concat(chunks).toString('utf8'),
		};
		witness.requests.push(seen);
		witness.answer(response, seen);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	return Object.assign(witness, {
		url: `http://127.0.0.1:${port}`,
		port,
		close: async () => {
			const closed = once(server, 'close');
			server.close();
			server.closeAllConnections();
			await closed;
		},
	});
}

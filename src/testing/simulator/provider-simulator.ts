import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ANTHROPIC_FORMAT } from './anthropic-format.ts';
import { composeAnswer, DEFAULT_TOKENIZER } from './compose-answer.ts';
import { Exchange, sendFault, sendWhole } from './exchange.ts';
import { findModelRefusal } from './find-model-refusal.ts';
import { GEMINI_FORMAT } from './gemini-format.ts';
import { collectText, toFields, toText } from './json-fields.ts';
import type { CacheUse } from './prompt-cache.ts';
import { createEmbeddings, createModelList, findRoute, type SimulatedRoute } from './routes.ts';
import { bill, sendStream } from './send-stream.ts';
import type { SimulatedModel, SimulatedRequest, SimulatorOptions } from './simulator-options.ts';
import { findRefusal, SimulatorState } from './simulator-state.ts';
import type { SimulatedAnswer } from './wire-format.ts';

/** A running simulator. */
export interface ProviderSimulator {
	/** e.g. `http://127.0.0.1:40123`. */
	url: string;
	port: number;
	/** The latest requests, oldest first. */
	requests: readonly SimulatedRequest[];
	/** Replaces the scripts of models; their schedules start again, other models stay as they are. */
	script(models: Readonly<Record<string, SimulatedModel>>): void;
	/** Forgets requests and the progress of schedules, limits and `downForMs`. */
	reset(): void;
	/** Stops it and closes open connections. */
	close(): Promise<void>;
}

/** Starts a simulator on loopback that speaks the formats of Anthropic, OpenAI and Gemini. */
export async function startProviderSimulator(options: SimulatorOptions = {}): Promise<ProviderSimulator> {
	const state = new SimulatorState(options);
	const server = createServer((request, response) => {
		handleRequest(request, response, state).catch((error: unknown) => {
			// the client left in the middle of its request
			response.destroy(error instanceof Error ? error : new Error(String(error)));
		});
	});
	server.listen(options.port ?? 0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	return {
		url: `http://127.0.0.1:${port}`,
		port,
		requests: state.requests,
		script: (models) => state.script(models),
		reset: () => state.reset(),
		close: async () => {
			const closed = once(server, 'close');
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}

/** Largest body that is read, bytes. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request) {
		const buffer = Buffer.from(chunk as Buffer); // a request without an encoding yields buffers
		bytes += buffer.length;
		if (bytes > MAX_BODY_BYTES) throw new RangeError('body too large');
		chunks.push(buffer);
	}
	return Buffer.concat(chunks).toString('utf8');
}

function readHeaders(request: IncomingMessage): Record<string, string> {
	return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

async function readCall(
	request: IncomingMessage,
	route: SimulatedRoute,
): Promise<Pick<SimulatedRequest, 'path' | 'model' | 'headers' | 'bodyText' | 'body'> | null> {
	try {
		const bodyText = await readBody(request);
		const body: unknown = JSON.parse(bodyText);
		const model = route.model ?? toText(toFields(body)['model']);
		return { path: route.path, model, headers: readHeaders(request), bodyText, body };
	} catch {
		// whatever is wrong with the body, a provider answers it with 400
		return null;
	}
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'content-type': 'application/json' });
	response.end(JSON.stringify(body));
}

/** Answers one request as the provider of its path would. */
async function handleRequest(request: IncomingMessage, response: ServerResponse, state: SimulatorState): Promise<void> {
	// Node's own header shows the machine's time, also where a test has moved the clock.
	response.setHeader('date', new Date().toUTCString());
	const path = new URL(request.url ?? '/', 'http://simulator').pathname;
	if (request.method === 'GET' && path.endsWith('/models')) {
		return sendJson(response, 200, createModelList(path, readHeaders(request), state.models()));
	}
	const route = findRoute(path);
	if (route === null) {
		return sendJson(response, 404, { error: { type: 'not_found_error', message: `No route ${path}` } });
	}
	const call = await readCall(request, route);
	if (call === null) return sendJson(response, 400, route.format.error(400, 'invalid', 'The body is not JSON.'));
	const untouched = { met: 'ok', tokensSent: 0, billed: null, endedAt: null, abortedAt: null } as const;
	const record = state.addRequest({ ...call, ...untouched, receivedAt: Date.now() });
	const exchange = new Exchange(response, record, { [route.format.requestIdHeader]: 'req_simulated' });
	await (route.operation === 'embeddings' ? embed : generate)(route, exchange, state);
}

async function embed({ format, path }: SimulatedRoute, exchange: Exchange, state: SimulatorState): Promise<void> {
	const { model, body } = exchange.record;
	const fault = state.nextFault(model);
	exchange.record.met = fault?.fault ?? 'ok';
	if (fault !== null && (await sendFault(exchange, fault, format))) return;
	await sendWhole(exchange, createEmbeddings(model, toFields(body), path), fault);
}

async function generate(route: SimulatedRoute, exchange: Exchange, state: SimulatorState): Promise<void> {
	const { format } = route;
	const { model, body } = exchange.record;
	const script = state.getAnswerScript(exchange.record);
	const { tokenizer = DEFAULT_TOKENIZER } = state.options;
	const fields = toFields(body);
	const request = format.parseRequest(fields);
	const composed = composeAnswer({ model, request, script, tokenizer, body: fields, input: collectText(body) });
	if (route.operation === 'count-tokens') return sendCount(format, exchange, state, composed.inputTokens);
	const fault = state.nextFault(model, script);
	exchange.record.met = fault?.fault ?? 'ok';
	await exchange.wait(script.ttftMs ?? 0);
	if (fault !== null && (await sendFault(exchange, fault, format))) return;
	const limited = state.countAgainstLimit(model, format, composed.inputTokens + composed.outputTokens);
	Object.assign(exchange.headers, limited.headers);
	if (limited.fault !== null) return void (await sendFault(exchange, limited.fault, format));
	const strictBody = state.isStrict ? fields : null;
	const refusal = findRefusal(request, { model, script, format, strictBody }, composed.inputTokens);
	if (refusal !== null) return exchange.json(400, format.error(400, refusal.kind, refusal.message));
	const cacheUse = format === ANTHROPIC_FORMAT ? state.promptCache.use(body, Date.now()) : null;
	const answer: SimulatedAnswer =
		fault?.fault === 'content-filter'
			? { ...composed, blocks: [], finish: 'content-filter' }
			: withCacheUse(composed, cacheUse);
	const wantsStream = route.isStream ?? toFields(body)['stream'] === true;
	if (wantsStream && fault?.fault !== 'not-streamed') {
		return await sendStream(exchange, { events: format.stream(answer), answer, format, script, fault });
	}
	await exchange.wait(script.firstTokenMs ?? 0);
	bill(exchange.record, answer, 1);
	await sendWhole(exchange, format.encode(answer), fault);
}

/** Says how many tokens a request has; what would be refused is not counted. Google's clients may wrap the request. */
function sendCount(format: SimulatedRoute['format'], exchange: Exchange, state: SimulatorState, tokens: number): void {
	const { body, model } = exchange.record;
	const counted = toFields(toFields(body)['generateContentRequest'] ?? body);
	const refused = state.isStrict ? findModelRefusal(format.name, model, counted) : null;
	if (refused !== null) exchange.json(400, format.error(400, 'invalid', refused));
	else exchange.json(200, { [format === GEMINI_FORMAT ? 'totalTokens' : 'input_tokens']: tokens });
}

/** The answer with what an Anthropic request with breakpoints read from the prompt cache and wrote to it. */
function withCacheUse(answer: SimulatedAnswer, use: CacheUse | null): SimulatedAnswer {
	if (use === null) return answer;
	return {
		...answer,
		inputTokens: Math.max(answer.inputTokens, use.read + use.write5m + use.write1h),
		cachedTokens: use.read,
		writtenTokens: { fiveMinutes: use.write5m, hour: use.write1h },
	};
}

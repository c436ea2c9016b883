import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ANTHROPIC_FORMAT } from './anthropic.ts';
import { composeAnswer } from './compose-answer.ts';
import { Exchange, sendFault, sendWhole } from './exchange.ts';
import { GEMINI_FORMAT } from './gemini.ts';
import { collectText, toFields, toText } from './json-fields.ts';
import { createEmbeddings, createModelList, findRoute, type SimulatedRoute } from './routes.ts';
import { sendStream } from './send-stream.ts';
import type { ScriptedFault, SimulatedModel, SimulatedRequest, SimulatorOptions } from './simulator-options.ts';
import { findRefusal, SimulatorState } from './simulator-state.ts';
import type { SimulatedAnswer } from './wire-format.ts';

/** A running simulator. */
export interface ProviderSimulator {
	/** e.g. `http://127.0.0.1:40123`. */
	url: string;
	port: number;
	/** The latest requests, oldest first. */
	requests: readonly SimulatedRequest[];
	/** Gives models other scripts; their schedules start anew, other models stay as they are. */
	script(models: Readonly<Record<string, SimulatedModel>>): void;
	/** Forgets requests and how far schedules, limits and `downForMs` have come. */
	reset(): void;
	/** Ends it, open connections too. */
	close(): Promise<void>;
}

/** Starts a simulator on loopback that speaks the formats of Anthropic, OpenAI and Gemini. */
export async function startProviderSimulator(options: SimulatorOptions = {}): Promise<ProviderSimulator> {
	const state = new SimulatorState(options);
	const server = createServer((request, response) => {
		handleRequest(request, response, state).catch((error: unknown) => {
			// The client went away in the middle of its own request: there is nobody to answer.
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

function toHeaders(request: IncomingMessage): Record<string, string> {
	return Object.fromEntries(
		Object.entries(request.headers).map(([name, value]) => [
			name,
			Array.isArray(value) ? value.join(', ') : (value ?? ''),
		]),
	);
}

/** Everything known of a request once it is read. */
interface ReadRequest {
	route: SimulatedRoute;
	bodyText: string;
	body: unknown;
	headers: Record<string, string>;
}

/** The answer with what the request read from the cache and wrote to it, where it is marked for that. */
function withCacheUse(said: SimulatedAnswer, { route, body }: ReadRequest, state: SimulatorState): SimulatedAnswer {
	const use = route.format === ANTHROPIC_FORMAT ? state.promptCache.use(body, Date.now()) : null;
	if (use === null) return said;
	return {
		...said,
		inputTokens: Math.max(said.inputTokens, use.read + use.write5m + use.write1h),
		cachedTokens: use.read,
		writtenTokens: { fiveMinutes: use.write5m, hour: use.write1h },
	};
}

function createTokenCount(route: SimulatedRoute, tokens: number): unknown {
	return { [route.format === GEMINI_FORMAT ? 'totalTokens' : 'input_tokens']: tokens };
}

async function generate(read: ReadRequest, exchange: Exchange, state: SimulatorState): Promise<void> {
	const { route, body } = read;
	const { model } = exchange.record;
	const { format } = route;
	const script = state.getScript(model);
	const ask = format.parseRequest(toFields(body));
	const composed = composeAnswer({ model, ask, script, input: collectText(body) });
	if (route.operation === 'count-tokens') return exchange.json(200, createTokenCount(route, composed.inputTokens));
	const met = state.nextFault(model);
	exchange.record.met = met?.fault ?? 'ok';
	await exchange.wait(script.ttftMs ?? 0);
	const context = { format, retryAfterSeconds: state.retryAfterSeconds };
	if (met !== null && (await sendFault(exchange, met, context))) return;
	const limited = state.limit(model, format, composed.inputTokens + composed.outputTokens);
	Object.assign(exchange.headers, limited.headers);
	if (limited.fault !== null) return void (await sendFault(exchange, limited.fault, context));
	const refusal = findRefusal(ask, { model, script, format, inputTokens: composed.inputTokens });
	if (refusal !== null) return exchange.json(400, format.error(400, refusal.kind, refusal.message));
	const said = met?.fault === 'content-filter' ? refused(composed) : withCacheUse(composed, read, state);
	await send(said, { read, exchange, met, script: state.getScript(model) });
}

function refused(answer: SimulatedAnswer): SimulatedAnswer {
	return { ...answer, blocks: [], finish: 'content-filter' };
}

async function send(
	said: SimulatedAnswer,
	{
		read,
		exchange,
		met,
		script,
	}: {
		read: ReadRequest;
		exchange: Exchange;
		met: ScriptedFault | null;
		script: ReturnType<SimulatorState['getScript']>;
	},
): Promise<void> {
	const { format, isStream } = read.route;
	const wantsStream = isStream ?? toFields(read.body)['stream'] === true;
	if (wantsStream && met?.fault !== 'not-streamed') {
		return await sendStream(exchange, { events: format.stream(said), format, model: script, met });
	}
	await exchange.wait(script.firstTokenMs ?? 0);
	await sendWhole(exchange, format.encode(said), met);
}

function getModel({ route, body }: ReadRequest): string {
	return route.model ?? toText(toFields(body)['model']);
}

async function readRequest(request: IncomingMessage, route: SimulatedRoute): Promise<ReadRequest | null> {
	try {
		const bodyText = await readBody(request);
		const body: unknown = JSON.parse(bodyText);
		return { route, bodyText, body, headers: toHeaders(request) };
	} catch {
		// Whatever was wrong with the body, the provider's own answer to it is a 400.
		return null;
	}
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'content-type': 'application/json' });
	response.end(JSON.stringify(body));
}

/** Answers one request as the provider of its path would. */
async function handleRequest(request: IncomingMessage, response: ServerResponse, state: SimulatorState): Promise<void> {
	// Node's own header tells the machine's time, also where a test has moved the clock.
	response.setHeader('date', new Date().toUTCString());
	const path = new URL(request.url ?? '/', 'http://simulator').pathname;
	if (request.method === 'GET' && path.endsWith('/models')) {
		return sendJson(response, 200, createModelList(path, { headers: toHeaders(request), models: state.models() }));
	}
	const route = findRoute(path);
	if (route === null) {
		return sendJson(response, 404, { error: { type: 'not_found_error', message: `No route ${path}` } });
	}
	const read = await readRequest(request, route);
	if (read === null) return sendJson(response, 400, route.format.error(400, 'invalid', 'The body is not JSON.'));
	const record = state.remember({
		path,
		model: getModel(read),
		headers: read.headers,
		bodyText: read.bodyText,
		body: read.body,
		met: 'ok',
		receivedAt: Date.now(),
		tokensSent: 0,
		endedAt: null,
		abortedAt: null,
	});
	const exchange = new Exchange(response, record, { [route.format.requestIdHeader]: 'req_simulated' });
	if (route.operation === 'embeddings') return await embed(read, exchange, state);
	await generate(read, exchange, state);
}

async function embed(read: ReadRequest, exchange: Exchange, state: SimulatorState): Promise<void> {
	const { model } = exchange.record;
	const met = state.nextFault(model);
	exchange.record.met = met?.fault ?? 'ok';
	const context = { format: read.route.format, retryAfterSeconds: state.retryAfterSeconds };
	if (met !== null && (await sendFault(exchange, met, context))) return;
	await sendWhole(exchange, createEmbeddings(model, toFields(read.body), read.route.path), met);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { ANTHROPIC_FORMAT } from './anthropic-format.ts';
import { checkAsk } from './check-ask.ts';
import { composeAnswer } from './compose-answer.ts';
import { embedTexts } from './embed-texts.ts';
import { Exchange } from './exchange.ts';
import { GEMINI_FORMAT } from './gemini-format.ts';
import { fieldsOf, textOf, textsIn } from './json-fields.ts';
import { listModels } from './list-models.ts';
import { type Route, routeRequest } from './route-request.ts';
import { sendFault } from './send-fault.ts';
import { sendStream } from './send-stream.ts';
import { sendWhole } from './send-whole.ts';
import type { SimulatedAnswer } from './simulated-answer.ts';
import type { ScriptedFault } from './simulated-fault.ts';
import type { SimulatorState } from './simulator-state.ts';

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

function headersOf(request: IncomingMessage): Record<string, string> {
	return Object.fromEntries(
		Object.entries(request.headers).map(([name, value]) => [
			name,
			Array.isArray(value) ? value.join(', ') : (value ?? ''),
		]),
	);
}

/** Everything known of a request once it is read. */
interface ReadRequest {
	route: Route;
	bodyText: string;
	body: unknown;
	headers: Record<string, string>;
}

/** The answer with what the request read from the cache and wrote to it, where it is marked for that. */
function cachedAnswer(said: SimulatedAnswer, { route, body }: ReadRequest, state: SimulatorState): SimulatedAnswer {
	const use = route.format === ANTHROPIC_FORMAT ? state.promptCache.use(body, Date.now()) : null;
	if (use === null) return said;
	return {
		...said,
		inputTokens: Math.max(said.inputTokens, use.read + use.write5m + use.write1h),
		cachedTokens: use.read,
		writtenTokens: { fiveMinutes: use.write5m, hour: use.write1h },
	};
}

function countAnswer(route: Route, tokens: number): unknown {
	return { [route.format === GEMINI_FORMAT ? 'totalTokens' : 'input_tokens']: tokens };
}

async function generate(read: ReadRequest, exchange: Exchange, state: SimulatorState): Promise<void> {
	const { route, body } = read;
	const { model } = exchange.record;
	const { format } = route;
	const script = state.scriptOf(model);
	const ask = format.readAsk(fieldsOf(body));
	const composed = composeAnswer({ model, ask, script, input: textsIn(body) });
	if (route.operation === 'count-tokens') return exchange.json(200, countAnswer(route, composed.inputTokens));
	const met = state.meet(model);
	exchange.record.met = met?.fault ?? 'ok';
	await exchange.wait(script.ttftMs ?? 0);
	const context = { format, retryAfterSeconds: state.retryAfterSeconds };
	if (met !== null && (await sendFault(exchange, met, context))) return;
	const limited = state.limit(model, format, composed.inputTokens + composed.outputTokens);
	Object.assign(exchange.headers, limited.headers);
	if (limited.fault !== null) return void (await sendFault(exchange, limited.fault, context));
	const refusal = checkAsk(ask, { model, script, format, inputTokens: composed.inputTokens });
	if (refusal !== null) return exchange.json(400, format.error(400, refusal.kind, refusal.message));
	const said = met?.fault === 'content-filter' ? refused(composed) : cachedAnswer(composed, read, state);
	await send(said, { read, exchange, met, script: state.scriptOf(model) });
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
		script: ReturnType<SimulatorState['scriptOf']>;
	},
): Promise<void> {
	const { format, isStream } = read.route;
	const wantsStream = isStream ?? fieldsOf(read.body)['stream'] === true;
	if (wantsStream && met?.fault !== 'not-streamed') {
		return await sendStream(exchange, { events: format.stream(said), format, model: script, met });
	}
	await exchange.wait(script.firstTokenMs ?? 0);
	await sendWhole(exchange, format.encode(said), met);
}

function modelOf({ route, body }: ReadRequest): string {
	return route.model ?? textOf(fieldsOf(body)['model']);
}

async function readRequest(request: IncomingMessage, route: Route): Promise<ReadRequest | null> {
	try {
		const bodyText = await readBody(request);
		const body: unknown = JSON.parse(bodyText);
		return { route, bodyText, body, headers: headersOf(request) };
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
export async function handleRequest(
	request: IncomingMessage,
	response: ServerResponse,
	state: SimulatorState,
): Promise<void> {
	// Node's own header tells the machine's time, also where a test has moved the clock.
	response.setHeader('date', new Date().toUTCString());
	const path = new URL(request.url ?? '/', 'http://simulator').pathname;
	if (request.method === 'GET' && path.endsWith('/models')) {
		return sendJson(response, 200, listModels(path, { headers: headersOf(request), models: state.models() }));
	}
	const route = routeRequest(path);
	if (route === null) {
		return sendJson(response, 404, { error: { type: 'not_found_error', message: `No route ${path}` } });
	}
	const read = await readRequest(request, route);
	if (read === null) return sendJson(response, 400, route.format.error(400, 'invalid', 'The body is not JSON.'));
	const record = state.remember({
		path,
		model: modelOf(read),
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
	const met = state.meet(model);
	exchange.record.met = met?.fault ?? 'ok';
	const context = { format: read.route.format, retryAfterSeconds: state.retryAfterSeconds };
	if (met !== null && (await sendFault(exchange, met, context))) return;
	await sendWhole(exchange, embedTexts(model, fieldsOf(read.body), read.route.path), met);
}

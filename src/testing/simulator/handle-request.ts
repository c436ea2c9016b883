import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANTHROPIC_FORMAT } from './anthropic-format.ts';
import { GEMINI_FORMAT } from './gemini-format.ts';
import { OPENAI_CHAT_FORMAT } from './openai-chat-format.ts';
import { OPENAI_RESPONSES_FORMAT } from './openai-responses-format.ts';
import type { SimulatedPromptCache } from './prompt-cache.ts';
import { sendFault, sendJson } from './send-fault.ts';
import { sendStream } from './send-stream.ts';
import { answerPrompt, type SimulatedAnswer, textsIn } from './simulated-answer.ts';
import type { SimulatedFault, SimulatedModel, SimulatedRequest, SimulatorOptions } from './simulator-options.ts';
import type { WireFormat } from './wire-format.ts';

/** Largest body that is read, bytes. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Models whose requests are counted; beyond it counting begins anew. */
const MAX_COUNTED_MODELS = 10_000;

interface Route {
	path: string;
	format: WireFormat;
	/** Named by the path; `null` when the body names it. */
	model: string | null;
	isStream: boolean | null;
	isCount: boolean;
}

function routeOf(path: string): Route | null {
	const route = { path, model: null, isStream: null, isCount: false };
	if (path === '/v1/messages') return { ...route, format: ANTHROPIC_FORMAT };
	if (path === '/v1/messages/count_tokens') return { ...route, format: ANTHROPIC_FORMAT, isCount: true };
	if (path === '/v1/chat/completions') return { ...route, format: OPENAI_CHAT_FORMAT };
	if (path === '/v1/responses') return { ...route, format: OPENAI_RESPONSES_FORMAT };
	const gemini = /^\/v1(?:beta|alpha)?\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/.exec(
		path,
	);
	if (gemini === null) return null;
	const [, model = '', verb] = gemini;
	return {
		path,
		format: GEMINI_FORMAT,
		model: decodeURIComponent(model),
		isStream: verb === 'streamGenerateContent',
		isCount: verb === 'countTokens',
	};
}

async function readBody(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request) {
		const buffer = Buffer.from(chunk as Buffer); // a request without an encoding yields buffers
		bytes += buffer.length;
		if (bytes > MAX_BODY_BYTES) throw new RangeError('body too large');
		chunks.push(buffer);
	}
	return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** What the simulator remembers between requests. */
export interface SimulatorState {
	options: SimulatorOptions;
	/** Requests so far, by model id. */
	counts: Map<string, number>;
	promptCache: SimulatedPromptCache;
	remember(request: SimulatedRequest): void;
}

function modelScript(state: SimulatorState, model: string): { script: SimulatedModel; met: SimulatedFault | 'ok' } {
	const script = state.options.models?.[model] ?? state.options.models?.['*'] ?? {};
	const count = state.counts.get(model) ?? 0;
	if (state.counts.size >= MAX_COUNTED_MODELS) state.counts.clear();
	state.counts.set(model, count + 1);
	return { script, met: script.schedule?.[count] ?? 'ok' };
}

/** Everything known of a request once it is read. */
interface ReadRequest {
	route: Route;
	body: unknown;
	model: string;
	isStream: boolean;
}

async function readRequest(request: IncomingMessage, route: Route): Promise<ReadRequest> {
	const body = await readBody(request);
	const fields: { model?: unknown; stream?: unknown } = typeof body === 'object' && body !== null ? body : {};
	return {
		route,
		body,
		model: route.model ?? String(fields.model ?? ''),
		isStream: route.isStream ?? fields.stream === true,
	};
}

const MODEL_LIST = {
	object: 'list',
	data: [{ id: 'simulated', object: 'model', created: 0, owned_by: 'switchyard' }],
};

/** The answer with what the request read from the cache and wrote to it, where it is marked for that. */
function cachedAnswer(said: SimulatedAnswer, { route, body }: ReadRequest, state: SimulatorState): SimulatedAnswer {
	const use = route.format === ANTHROPIC_FORMAT && !route.isCount ? state.promptCache.use(body, Date.now()) : null;
	if (use === null) return said;
	return {
		...said,
		inputTokens: Math.max(said.inputTokens, use.read + use.write5m + use.write1h),
		cachedTokens: use.read,
		writtenTokens: { fiveMinutes: use.write5m, hour: use.write1h },
	};
}

async function answer(response: ServerResponse, read: ReadRequest, state: SimulatorState): Promise<void> {
	const { format } = read.route;
	const { script, met } = modelScript(state, read.model);
	state.remember({ path: read.route.path, model: read.model, body: read.body, met });
	const said = cachedAnswer(answerPrompt(read.model, textsIn(read.body), script), read, state);
	if (read.route.isCount) {
		return sendJson(response, 200, { [format === GEMINI_FORMAT ? 'totalTokens' : 'input_tokens']: said.inputTokens });
	}
	if (script.ttftMs !== undefined) await sleep(script.ttftMs);
	const { retryAfterSeconds = 1 } = state.options;
	if (met !== 'ok' && sendFault(response, met, { format, retryAfterSeconds })) return;
	if (met === 'content-filter') return sendJson(response, 200, format.refusal(said));
	if (read.isStream) return await sendStream(response, said, { format, model: script, fault: met });
	if (met !== 'ok') return void response.socket?.resetAndDestroy();
	sendJson(response, 200, format.encode(said), { [format.requestIdHeader]: 'req_simulated' });
}

/** Answers one request as the provider of its path would. */
export async function handleRequest(
	request: IncomingMessage,
	response: ServerResponse,
	state: SimulatorState,
): Promise<void> {
	const path = new URL(request.url ?? '/', 'http://simulator').pathname;
	if (path === '/v1/models') return sendJson(response, 200, MODEL_LIST);
	const route = routeOf(path);
	if (route === null) {
		return sendJson(response, 404, { error: { type: 'not_found_error', message: `No route ${path}` } });
	}
	let read: ReadRequest;
	try {
		read = await readRequest(request, route);
	} catch {
		// Whatever was wrong with the body, the provider's own answer to it is a 400.
		return sendJson(response, 400, route.format.error(400, 'invalid', 'The body is not JSON.'));
	}
	await answer(response, read, state);
}

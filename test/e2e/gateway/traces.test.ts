import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ATTRIBUTES, GEN_AI_PROVIDERS, TRACING_REGISTRY } from '../../../src/gateway/request/tracing.ts';
import { type DeploymentAccess, openGateway } from '../../../src/gateway.ts';
import { inventedModel } from '../../support/open-scripted-gateway.ts';
import { chat, openTestGateway, type TestGateway, until } from '../../support/open-test-gateway.ts';
import { CHAT_ANSWER, sendJson } from '../../support/scripted-providers.ts';
import { createTemporaryProject } from '../../support/temporary-project.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const TRACE_PARENT = `00-${TRACE_ID}-${PARENT_ID}-01`;

const exporter = new InMemorySpanExporter();
function register(): void {
	trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
	propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}
beforeAll(register);
afterAll(() => {
	for (const api of [trace, context, propagation]) api.disable();
});

let gateway: TestGateway;
beforeEach(async () => {
	gateway = await openTestGateway({ config: { log: { level: 'debug' } } });
});
afterEach(async () => {
	await gateway.close();
	exporter.reset();
});

interface RequestSpans {
	request: ReadableSpan;
	decisions: ReadableSpan[];
	attempts: ReadableSpan[];
	all: readonly ReadableSpan[];
}

/** The spans of the one request that was made, once it has ended. */
async function readSpans(): Promise<RequestSpans> {
	const requests = () => exporter.getFinishedSpans().filter(({ name }) => name.startsWith('POST /'));
	await until(() => requests().length > 0, 'the span of the request ends');
	const all = exporter.getFinishedSpans();
	const [request] = requests();
	if (request === undefined) throw new Error('no span of a request');
	const named = (pattern: RegExp) => all.filter(({ name }) => pattern.test(name));
	return { request, all, decisions: named(/^switchyard\.decision$/), attempts: named(/^(?:chat|embeddings) /) };
}

async function ask(path: string, body: object, headers: Record<string, string> = {}): Promise<string> {
	return await (await gateway.ask(path, { body, headers })).text();
}

const parentOf = ({ parentSpanContext }: ReadableSpan): string | undefined => parentSpanContext?.spanId;
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;

describe('an SDK that is registered gets', () => {
	it('a request in the caller’s trace, with its decision and its attempt below it', async () => {
		await ask('/v1/messages', { ...chat('haiku', { max_tokens: 60 }) }, { traceparent: TRACE_PARENT });
		const { attempts, decisions, request } = await readSpans();
		expect([request.name, request.kind, parentOf(request)]).toEqual(['POST /v1/messages', SpanKind.SERVER, PARENT_ID]);
		for (const span of [...decisions, ...attempts]) {
			expect(span.spanContext().traceId).toBe(TRACE_ID);
			expect(parentOf(span)).toBe(idOf(request));
		}
		expect(request.attributes).toMatchObject({
			[stable.ATTR_HTTP_REQUEST_METHOD]: 'POST',
			[stable.ATTR_HTTP_ROUTE]: '/v1/messages',
			[stable.ATTR_HTTP_RESPONSE_STATUS_CODE]: 200,
			[incubating.ATTR_GEN_AI_REQUEST_MODEL]: 'haiku',
		});
		const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get('haiku');
		const [{ attributes, name, kind } = request] = attempts;
		expect([name, kind]).toEqual([`chat ${modelId}`, SpanKind.CLIENT]);
		const rows = await (await gateway.running.gateway.runtime.system.flush()).ledger.entries({ from: 0, to: 1e15 }, 10);
		const [{ costNanoUsd = 0, usage } = { usage: { inputTokens: 0, outputTokens: 0 } }] = rows;
		expect(attributes).toMatchObject({
			[incubating.ATTR_GEN_AI_OPERATION_NAME]: incubating.GEN_AI_OPERATION_NAME_VALUE_CHAT,
			[incubating.ATTR_GEN_AI_PROVIDER_NAME]: incubating.GEN_AI_PROVIDER_NAME_VALUE_ANTHROPIC,
			[incubating.ATTR_GEN_AI_REQUEST_MODEL]: modelId,
			[incubating.ATTR_GEN_AI_REQUEST_STREAM]: false,
			[incubating.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: usage.inputTokens,
			[incubating.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: usage.outputTokens,
			[incubating.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: [expect.any(String)],
			'switchyard.cost_usd': (costNanoUsd ?? 0) / 1e9,
		});
		expect(decisions).toHaveLength(1);
		expect(decisions[0]?.attributes).toMatchObject({ 'switchyard.decision.model': 'haiku' });
	});

	it.each([
		['/v1/messages', 'haiku', 'messages'],
		['/v1/chat/completions', 'gpt-5-mini', 'chat'],
		['/v1/responses', 'gpt-5-mini', 'responses'],
		['/v1beta/models/gemini-3.8-flash', 'gemini-3.8-flash', 'gemini'],
		['/v1/chat/completions', 'haiku', 'another format'],
	])('%s to %s: where it was called, and the model that answered, whole and streamed (%s)', async (path, model) => {
		const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get(model);
		const { port } = new URL(gateway.simulator.url);
		for (const stream of [false, true]) {
			if (path.startsWith('/v1beta'))
				await ask(`${path}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`, {
					contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
				});
			else if (path === '/v1/responses') await ask(path, { model, input: 'Hi', stream });
			else await ask(path, chat(model, { stream, max_tokens: 50 }));
			const { attempts } = await readSpans();
			expect(attempts.map(({ attributes }) => attributes)).toMatchObject([
				{
					[stable.ATTR_SERVER_ADDRESS]: '127.0.0.1',
					[stable.ATTR_SERVER_PORT]: Number(port),
					[incubating.ATTR_GEN_AI_RESPONSE_MODEL]: modelId,
				},
			]);
			exporter.reset();
		}
	});

	it('a stream whose span ends with the stream, and the time to its first chunk', async () => {
		const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get('haiku');
		gateway.simulator.script({ [modelId]: { tokensPerSecond: 200, text: 'word '.repeat(60) } });
		const response = await gateway.ask('/v1/messages', { body: chat('haiku', { stream: true, max_tokens: 300 }) });
		const reader = response.body?.getReader();
		await reader?.read();
		expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['switchyard.decision']);
		while (!(await reader?.read())?.done);
		const { attempts, request } = await readSpans();
		const seconds = ({ duration: [s, nanos] }: ReadableSpan) => s + nanos / 1e9;
		const [attempt = request] = attempts;
		const firstChunk = attempt.attributes[incubating.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK];
		expect(firstChunk).toBeGreaterThan(0);
		expect(firstChunk).toBeLessThan(seconds(attempt));
		expect(seconds(request)).toBeGreaterThanOrEqual(seconds(attempt));
		expect(attempt.attributes[incubating.ATTR_GEN_AI_REQUEST_STREAM]).toBe(true);
	});

	it('a failed attempt and its fallback side by side, the failed one with its error', async () => {
		const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get('haiku');
		gateway.simulator.script({ [modelId]: { schedule: [{ fault: '429', retryAfterSeconds: 60 }] } });
		await ask('/v1/chat/completions', chat('haiku'));
		const { attempts, request } = await readSpans();
		expect(attempts.map(parentOf)).toEqual([idOf(request), idOf(request)]);
		expect(attempts.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.UNSET]);
		expect(attempts[0]?.attributes).toMatchObject({
			[stable.ATTR_ERROR_TYPE]: 'rate-limit',
			[stable.ATTR_HTTP_RESPONSE_STATUS_CODE]: 429,
			'switchyard.attempt.number': 1,
		});
		expect(request.status.code).toBe(SpanStatusCode.UNSET);
		expect(request.attributes[stable.ATTR_ERROR_TYPE]).toBeUndefined();
	});

	it('an error where nobody answered, and none where the caller was at fault', async () => {
		for (const { name } of gateway.running.gateway.runtime.system.router.catalog.profiles()) {
			const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get(name);
			gateway.simulator.script({
				[modelId]: { schedule: Array.from({ length: 9 }, () => ({ fault: '401' as const })) },
			});
		}
		await ask('/v1/chat/completions', chat('haiku'));
		const failed = await readSpans();
		expect(failed.request.status.code).toBe(SpanStatusCode.ERROR);
		expect(failed.request.attributes).toMatchObject({ [stable.ATTR_ERROR_TYPE]: 'ROUTER_ALL_MODELS_FAILED' });
		exporter.reset();
		await ask('/v1/chat/completions', chat('no-such-model'));
		const { attempts, request } = await readSpans();
		expect([request.status.code, attempts]).toEqual([SpanStatusCode.UNSET, []]);
		expect(request.attributes).toMatchObject({
			[stable.ATTR_HTTP_RESPONSE_STATUS_CODE]: 404,
			[stable.ATTR_ERROR_TYPE]: 'ROUTER_UNKNOWN_MODEL',
		});
	});

	it('embeddings, and the model’s place in the path of a Gemini request', async () => {
		await ask('/v1/embeddings', { model: 'text-embedding-3-small', input: 'CANARY' });
		expect((await readSpans()).attempts.map(({ name }) => name)).toEqual(['embeddings text-embedding-3-small']);
		exporter.reset();
		await ask('/v1beta/models/gemini-pro:generateContent', { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] });
		expect((await readSpans()).request.name).toBe('POST /v1beta/models/{model}:generateContent');
	});

	it('the span that is active as parent, as of an instrumented HTTP server', async () => {
		const outer = trace.getTracer('test').startSpan('outer');
		const { handleRequest } = gateway.running.gateway;
		const server = createServer((...both) =>
			context.with(trace.setSpan(context.active(), outer), handleRequest, undefined, ...both),
		);
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		const headers = { 'content-type': 'application/json', traceparent: TRACE_PARENT };
		await (
			await fetch(`http://127.0.0.1:${port}/v1/messages`, {
				method: 'POST',
				headers,
				body: JSON.stringify(chat('haiku', { max_tokens: 5 })),
			})
		).text();
		const { request } = await readSpans();
		expect([parentOf(request), request.kind]).toEqual([outer.spanContext().spanId, SpanKind.INTERNAL]);
		server.closeAllConnections();
		server.close();
	});

	it('no text of prompts, answers or errors, nor keys, tags and sessions', async () => {
		const body = chat('haiku', {
			max_tokens: 60,
			system: 'CANARY-system',
			messages: [{ role: 'user', content: 'CANARY-prompt: say CANARY' }],
		});
		await ask('/v1/messages', body, { 'x-switchyard-tags': 'CANARY-tag', 'x-switchyard-session': 'CANARY-session' });
		const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get('opus');
		gateway.simulator.script({ [modelId]: { schedule: [{ fault: '400' }] } });
		await ask('/v1/messages', { ...body, model: 'opus' });
		await until(
			() => exporter.getFinishedSpans().filter(({ name }) => name.startsWith('POST')).length === 2,
			'both end',
		);
		const seen = exporter
			.getFinishedSpans()
			.map(({ attributes, events, name, status }) => ({ attributes, events, name, status }));
		expect(JSON.stringify(seen)).not.toContain('CANARY');
	});
});

describe('the names of attributes', () => {
	it('are those of the semantic conventions', () => {
		const names = new Set<unknown>([...Object.values<unknown>(stable), ...Object.values<unknown>(incubating)]);
		expect(Object.values(ATTRIBUTES).filter((name) => !names.has(name))).toEqual([]);
		expect(Object.values(GEN_AI_PROVIDERS).filter((name) => !names.has(name))).toEqual([]);
	});
});

/** A gateway with two deployments of one server, of which only `own` gets the context; what they were sent. */
async function openPassing() {
	const received: Array<Record<string, unknown>> = [];
	const server = createServer((request, response) => {
		received.push(request.headers);
		request.resume().on('end', () => sendJson(response, 200, CHAT_ANSWER));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const deployment = (id: string, passTraceContext?: boolean): DeploymentAccess => ({
		id,
		kind: 'openai-compatible',
		credential: 'none',
		auth: 'none',
		baseUrl: `http://127.0.0.1:${port}/v1`,
		provider: null,
		models: { [`my-${id}`]: 'llama' },
		passTraceContext,
	});
	const project = createTemporaryProject();
	const running = await openGateway({
		projectDirectory: project.path,
		environment: { HOME: project.path },
		port: 0,
		argumentValues: { models: [inventedModel('my-own'), inventedModel('my-other')] },
		simulated: { accesses: [deployment('own', true), deployment('other')], when: 'always' },
		watchConfig: false,
	});
	const ask = async (path: string, model: string) => {
		const headers = { 'content-type': 'application/json', traceparent: TRACE_PARENT, tracestate: 'vendor=1' };
		const body = JSON.stringify({ ...chat(model), max_tokens: 20 });
		await (await fetch(running.url + path, { method: 'POST', headers, body })).text();
		return received.at(-1) ?? {};
	};
	const close = async () => {
		await running.close();
		server.closeAllConnections();
		server.close();
		project.remove();
	};
	return { ask, close };
}

describe('a provider gets the trace’s context only where its deployment says so', () => {
	it.each([
		['in its own format', '/v1/chat/completions'],
		['translated', '/v1/messages'],
	])('%s, of the attempt that calls it', async (_name, path) => {
		const { ask: askModel, close } = await openPassing();
		const { traceparent, tracestate } = await askModel(path, 'my-own');
		const { attempts } = await readSpans();
		expect([traceparent, tracestate]).toEqual([`00-${TRACE_ID}-${attempts[0] && idOf(attempts[0])}-01`, 'vendor=1']);
		expect(await askModel(path, 'my-other')).not.toHaveProperty('traceparent');
		await close();
	});

	it('as the caller sent it where nobody traces here', async () => {
		for (const api of [trace, context, propagation]) api.disable();
		const registry = Object.getOwnPropertyDescriptor(globalThis, TRACING_REGISTRY);
		Reflect.deleteProperty(globalThis, TRACING_REGISTRY);
		const { ask: askModel, close } = await openPassing();
		try {
			expect(await askModel('/v1/chat/completions', 'my-own')).toMatchObject({
				traceparent: TRACE_PARENT,
				tracestate: 'vendor=1',
			});
			expect(exporter.getFinishedSpans()).toEqual([]);
		} finally {
			await close();
			if (registry !== undefined) Object.defineProperty(globalThis, TRACING_REGISTRY, registry);
			register();
		}
	});
});

it('a log line is found by the trace, the decision and the request that it is about', async () => {
	const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get('haiku');
	gateway.simulator.script({ [modelId]: { schedule: [{ fault: '429', retryAfterSeconds: 60 }] } });
	const headers = { traceparent: TRACE_PARENT, 'x-request-id': 'my-request-7' };
	const answer = await gateway.ask('/v1/chat/completions', { body: chat('haiku'), headers });
	await answer.text();
	await ask('/v1/chat/completions', chat('no-such-model'), headers);
	await gateway.running.gateway.settled();
	const path = join(gateway.project.path, '.claude/orchestration/logs/routing.log');
	const lines = readFileSync(path, 'utf8')
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line));
	const about = (text: string) => lines.filter(({ message }) => message.includes(text)).map(({ details }) => details);
	const ids = { requestId: 'my-request-7', traceId: TRACE_ID };
	const decisionId = answer.headers.get('x-switchyard-decision');
	expect(about('gave way to')).toEqual([expect.objectContaining({ ...ids, decisionId })]);
	expect(about('is rate limited')).toEqual([expect.objectContaining({ ...ids, decisionId })]);
	expect(about('answered with an error')).toEqual([expect.objectContaining({ ...ids, code: 'ROUTER_UNKNOWN_MODEL' })]);
});

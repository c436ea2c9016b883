import OpenAI from 'openai';
import type { SimulatedRequest } from '../../src/testing.ts';
import { CANONICAL_ANSWER, FAULT_TIMES, type Fault, type FaultRun } from './fault-catalogue.ts';
import { inventedModel, openTestGateway, simulatedDeployment, type TestGateway } from './open-scripted-gateway.ts';

/** Milliseconds between two ticks of the time that runs are measured in. */
const TICK_MS = 10;

/**
 * Starts a clock that runs while this process gets to run: of a pause in which a busy machine lets it do nothing, no more
 * counts than two ticks. Gateway, provider and caller of a fault are all in this process.
 */
function startActiveClock(): () => number {
	let activeMs = 0;
	let tickedAt = performance.now();
	setInterval(() => {
		const now = performance.now();
		activeMs += Math.min(now - tickedAt, 2 * TICK_MS);
		tickedAt = now;
	}, TICK_MS).unref();
	return () => activeMs;
}

const getActiveMs = startActiveClock();

/** When a stream's answer is sent on. */
export type CommitMode = 'first-output' | 'whole-answer';

/** A gateway with a primary model, a larger fallback, and limits scaled to the faults' times. */
export async function openFaultGateway(commit: CommitMode): Promise<TestGateway> {
	return await openTestGateway({
		deployments: [
			simulatedDeployment('openai-compatible', { primary: 'primary-id' }, 'first'),
			simulatedDeployment('openai-compatible', { fallback: 'fallback-id' }, 'second'),
		],
		config: {
			models: [inventedModel('primary', { contextWindow: 8000, maxOutputTokens: 4000 }), inventedModel('fallback')],
			candidates: ['primary', 'fallback'],
			defaultModel: 'primary',
			fallbacks: { primary: ['fallback'], fallback: [] },
			gateway: {
				streams: {
					commit,
					firstOutputTimeoutMs: FAULT_TIMES.firstOutputLimit,
					idleTimeoutMs: FAULT_TIMES.idleLimit,
				},
				limits: { requestTimeoutMs: FAULT_TIMES.deadline },
			},
		},
		simulated: { models: { 'fallback-id': { text: CANONICAL_ANSWER, tokensPerSecond: 1000 } } },
	});
}

interface Heard {
	text: string;
	model: string | null;
	hasFinish: boolean;
	usage: FaultRun['usage'];
	attempts: string | null;
}

/** How a request says what it wants of its stream, if it does. */
export interface AskOptions {
	/** A key of the gateway. */
	apiKey?: string;
	headers?: Record<string, string>;
	/** The body's `switchyard` field. */
	switchyard?: Record<string, unknown>;
}

async function listen(url: string, model: string, heard: Heard, options: AskOptions): Promise<void> {
	const { apiKey = 'x', headers, switchyard } = options;
	const client = new OpenAI({
		apiKey,
		baseURL: `${url}/v1`,
		maxRetries: 0,
		timeout: 2 * FAULT_TIMES.deadline,
		...(headers && { defaultHeaders: headers }),
	});
	const { data, response } = await client.chat.completions
		.create({
			model,
			messages: [{ role: 'user', content: 'Explain in sixty words why a gateway earns trust.' }],
			stream: true,
			stream_options: { include_usage: true },
			...(switchyard && { switchyard }),
		})
		.withResponse();
	heard.attempts = response.headers.get('x-switchyard-attempts');
	for await (const chunk of data) {
		heard.model = chunk.model;
		heard.text += chunk.choices[0]?.delta.content ?? '';
		heard.hasFinish ||= (chunk.choices[0]?.finish_reason ?? null) !== null;
		heard.usage = chunk.usage ?? heard.usage;
	}
}

function timesOf(requests: readonly SimulatedRequest[], model: string, from: number): number[] {
	return requests.filter((request) => request.model === model).map(({ receivedAt }) => receivedAt - from);
}

/** Sends one request for a model and writes down what came of it. */
export async function askOnce(gateway: TestGateway, model: string, options: AskOptions = {}): Promise<FaultRun> {
	const seen = gateway.simulator.requests.length;
	const startedAt = getActiveMs();
	const heard: Heard = { text: '', model: null, hasFinish: false, usage: null, attempts: null };
	let error: unknown = null;
	try {
		await listen(gateway.url, model, heard, options);
	} catch (caught) {
		error = caught;
	}
	const tookMs = getActiveMs() - startedAt;
	const requests = gateway.simulator.requests.slice(seen);
	const from = requests[0]?.receivedAt ?? 0;
	const outcome = error === null ? 'success' : 'error';
	return {
		...heard,
		outcome: tookMs > FAULT_TIMES.deadline + 1000 ? 'hang' : outcome,
		isComplete: heard.text === CANONICAL_ANSWER,
		error,
		tookMs,
		primary: timesOf(requests, 'primary-id', from),
		fallback: timesOf(requests, 'fallback-id', from),
		prefillRejections: requests.filter(({ bodyText }) => bodyText.includes('"role":"assistant"')).length,
		isAliveAfter: false,
	};
}

/** Scripts a fault, asks, and looks whether the gateway is well afterwards. */
export async function runFault(gateway: TestGateway, fault: Fault): Promise<FaultRun> {
	gateway.simulator.script({
		'primary-id': fault.primary,
		...(fault.fallback === undefined ? {} : { 'fallback-id': fault.fallback }),
	});
	// What only the first request of a process pays for is no part of a fault.
	await askOnce(gateway, 'fallback');
	gateway.simulator.reset();
	const run = await askOnce(gateway, 'primary');
	const after = await askOnce(gateway, 'fallback');
	return { ...run, isAliveAfter: after.outcome === 'success' && after.isComplete };
}

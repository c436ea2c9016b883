import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../../src/util/index.ts';
import { findConversationFaults, listSignatures } from '../../support/conversation-faults.ts';
import { MOVING_CLIENTS } from '../../support/moving-clients.ts';
import { askStreamed } from '../../support/moving-streams.ts';
import {
	inventedModel,
	openTestGateway,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';

/** A provider of each format, with a model of the generation whose rules are the strictest. */
const MODEL_IDS = {
	anthropic: 'claude-haiku-4-5-20251001',
	openai: 'gpt-5-mini-2025-08-07',
	google: 'gemini-2.5-flash',
	'openai-compatible': 'llama',
} as const;
type Kind = keyof typeof MODEL_IDS;
const KINDS = Object.keys(MODEL_IDS) as Kind[];
const TURNS = 6;

function permute<Value>(values: readonly Value[]): Value[][] {
	if (values.length < 2) return [[...values]];
	return values.flatMap((value) => permute(values.filter((other) => other !== value)).map((rest) => [value, ...rest]));
}

let gateway: TestGateway;
beforeAll(async () => {
	let turns = 0;
	gateway = await openTestGateway({
		deployments: KINDS.map((kind) => simulatedDeployment(kind, { [`${kind}-model`]: MODEL_IDS[kind] })),
		config: {
			models: KINDS.map((kind) => inventedModel(`${kind}-model`)),
			candidates: KINDS.map((kind) => `${kind}-model`),
			fallback: { enabled: false, maxAttempts: 1 },
			budget: { dailyLimit: 10_000, monthlyLimit: 10_000, perRequestLimit: 1000 },
		},
		simulated: {
			// calls twice in three turns, so that results go to another model than the one that called
			answerWith: () => {
				turns += 1;
				const call = { name: 'look', arguments: { at: String(turns) } };
				return {
					reasoning: 'hm, let me see',
					text: 'so it is',
					toolCalls: turns % 3 === 0 ? [] : [call, call],
					searches: turns % 2,
				};
			},
		},
	});
});
afterAll(() => gateway.close());

describe.each(MOVING_CLIENTS)('a conversation that visits every provider is accepted by each', (createClient) => {
	const { format } = createClient();
	it.each(permute(KINDS).map((order) => [order.join(', '), order] as const))(`${format}: %s`, async (_name, order) => {
		const client = createClient();
		for (let turn = 0; turn < TURNS; turn += 1) {
			const kind = order[turn % order.length] ?? 'anthropic';
			const { body, path } = client.ask(`${kind}-model`);
			const response = await fetch(`${gateway.url}${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
			});
			const answer: unknown = await response.json();
			const sent = gateway.simulator.requests.at(-1);
			expect({ turn, kind, status: response.status, answer: response.ok ? null : JSON.stringify(answer) }).toEqual({
				turn,
				kind,
				status: 200,
				answer: null,
			});
			const received = isObject(sent?.body) ? sent.body : {};
			expect(findConversationFaults(sent?.path ?? '', received)).toEqual([]);
			expect(listSignatures(received).filter((signature) => /^switchyard/.test(signature))).toEqual([]);
			client.keep(isObject(answer) ? answer : {});
		}
	});
});

/** Orders in which each provider comes after each other one. */
const STREAMED_ORDERS: Kind[][] = [
	['anthropic', 'openai', 'google', 'openai-compatible'],
	['anthropic', 'openai', 'openai-compatible', 'google'],
	['anthropic', 'google', 'openai-compatible', 'openai'],
	['anthropic', 'openai-compatible', 'google', 'openai'],
];

describe.each(MOVING_CLIENTS)('so is one whose answers are streams', (createClient) => {
	const { format } = createClient();
	it.each(STREAMED_ORDERS.map((order) => [order.join(', '), order] as const))(`${format}: %s`, async (_name, order) => {
		const client = createClient();
		for (let turn = 0; turn < TURNS; turn += 1) {
			const kind = order[turn % order.length] ?? 'anthropic';
			client.keep(await askStreamed(gateway.url, client.ask(`${kind}-model`), format));
			const sent = gateway.simulator.requests.at(-1);
			const received = isObject(sent?.body) ? sent.body : {};
			expect([turn, kind, findConversationFaults(sent?.path ?? '', received)]).toEqual([turn, kind, []]);
			expect(listSignatures(received).filter((signature) => /^switchyard/.test(signature))).toEqual([]);
		}
	});
});

it('reasoning that the next provider is not sent is named in the answer, also in the caller’s own format', async () => {
	for (const createClient of MOVING_CLIENTS) {
		const client = createClient();
		const own = { 'anthropic-messages': 'anthropic', 'openai-chat': 'openai-compatible', gemini: 'google' };
		const dropped: (string | null)[] = [];
		const last = own[client.format as keyof typeof own] ?? 'openai';
		for (const kind of [last === 'google' ? 'anthropic' : 'google', last]) {
			const { body, path } = client.ask(`${kind}-model`);
			const headers = { 'content-type': 'application/json' };
			const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
			client.keep((await response.json()) as JsonObject);
			dropped.push(response.headers.get('x-switchyard-dropped'));
		}
		expect([client.format, dropped[1]]).toEqual([client.format, expect.stringContaining('reasoning')]);
	}
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SimulatedModel } from '../../../src/testing/index.ts';
import { isObject, type JsonObject } from '../../../src/util/index.ts';
import { findConversationFaults, listSignatures } from '../../support/conversation-faults.ts';
import { type ConverseProvider, startConverseProvider } from '../../support/converse-provider.ts';
import { askStreamed, askWhole } from '../../support/moving-answers.ts';
import { MOVING_CLIENTS, type Reply } from '../../support/moving-clients.ts';
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
type Kind = keyof typeof MODEL_IDS | 'bedrock';
const KINDS = Object.keys(MODEL_IDS) as (keyof typeof MODEL_IDS)[];
const CLAUDE_AT_BEDROCK = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const TURNS = 6;
const REPLIES: readonly Reply[] = ['picture', 'failed', 'empty', 'seen'];

function permute<Value>(values: readonly Value[]): Value[][] {
	if (values.length < 2) return [[...values]];
	return values.flatMap((value) => permute(values.filter((other) => other !== value)).map((rest) => [value, ...rest]));
}

/** What the next request is answered with. */
let answer: SimulatedModel = {};

let converse: ConverseProvider;
let gateway: TestGateway;
beforeAll(async () => {
	converse = await startConverseProvider();
	const bedrock = simulatedDeployment('bedrock', { 'bedrock-model': CLAUDE_AT_BEDROCK });
	gateway = await openTestGateway({
		deployments: [
			...KINDS.map((kind) => simulatedDeployment(kind, { [`${kind}-model`]: MODEL_IDS[kind] })),
			{ ...bedrock, region: 'us-east-1', baseUrl: converse.url },
		],
		config: {
			models: [...KINDS, 'bedrock'].map((kind) => inventedModel(`${kind}-model`, { maxOutputTokens: 64_000 })),
			candidates: KINDS.map((kind) => `${kind}-model`),
			fallback: { enabled: false, maxAttempts: 1 },
			budget: { dailyLimit: 10_000, monthlyLimit: 10_000, perRequestLimit: 1000 },
		},
		simulated: {
			answerWith: () => answer,
		},
	});
});
afterAll(async () => {
	await gateway.close();
	converse.close();
});

/** Calls with ids as providers make them: servers of other companies count from 0 in each answer, with dots and colons. */
function callsOf(kind: Kind, inputs: readonly string[]): NonNullable<SimulatedModel['toolCalls']> {
	return inputs.map((at, index) => ({
		name: 'look',
		arguments: { at },
		...(kind === 'openai-compatible' && { id: `functions.look:${index}` }),
		...(kind === 'google' && { id: `${'g'.repeat(60)}${at}${index}` }),
	}));
}

/** What a provider refuses, or cannot read, is not in what it was sent last. */
function expectAccepted(turn: [at: number, kind: Kind]): void {
	const sent = gateway.simulator.requests.at(-1);
	const received = (turn[1] === 'bedrock' ? converse.bodies.at(-1) : sent?.body) ?? {};
	if (!isObject(received)) throw new Error('no request came');
	// Bedrock refuses what is at fault itself
	const faults = turn[1] === 'bedrock' ? [] : findConversationFaults(sent?.path ?? '', received);
	expect([...turn, faults]).toEqual([...turn, []]);
	expect(listSignatures(received).filter((signature) => /^switchyard/.test(signature))).toEqual([]);
}

describe.each(MOVING_CLIENTS)('a conversation that visits every provider is accepted by each', (createClient) => {
	const { format } = createClient();
	it.each(permute(KINDS).map((order) => [order.join(', '), order] as const))(`${format}: %s`, async (_name, order) => {
		const client = createClient();
		for (let turn = 0; turn < TURNS; turn += 1) {
			const kind = order[turn % order.length] ?? 'anthropic';
			// calls twice in three turns, so that results go to another model than the one that called
			answer = {
				reasoning: 'hm, let me see',
				text: 'so it is',
				toolCalls: turn % 3 === 2 ? [] : callsOf(kind, [String(turn), String(turn)]),
				callsAfterResults: true,
				searches: (turn + 1) % 2,
			};
			client.keep(await askWhole(gateway.url, client.ask(`${kind}-model`)), REPLIES[turn % REPLIES.length]);
			expectAccepted([turn, kind]);
		}
	});
});

/** Conversations of each client that are tried; `npm run test:requests` tries many. */
const IS_LONG = process.env['MODE'] === 'requests';
const WALKS = IS_LONG ? 300 : 15;

/** A turn: who answers, how, and what the answer has in it. */
const turn = fc.record({
	kind: fc.constantFrom<Kind>(...KINDS, 'bedrock'),
	isStream: fc.boolean(),
	reply: fc.constantFrom(...REPLIES),
	calls: fc.nat(3),
	searches: fc.nat(2),
	thinks: fc.boolean(),
});

describe.each(MOVING_CLIENTS)(
	'so is one that takes any way, with streams and whole answers by turns',
	(createClient) => {
		const { format } = createClient();
		it(format, { timeout: IS_LONG ? 1_200_000 : 60_000 }, async () => {
			// a failure names the seed and the shortest way to it
			await fc.assert(
				fc.asyncProperty(fc.array(turn, { minLength: TURNS, maxLength: TURNS }), async (turns) => {
					const client = createClient();
					for (const [at, { calls, kind, isStream, reply, searches, thinks }] of turns.entries()) {
						answer = {
							...(thinks ? { reasoning: 'hm, let me see' } : {}),
							text: 'so it is',
							// the same call twice, as models do
							toolCalls: callsOf(
								kind,
								Array.from({ length: calls }, (_, call) => String(call >> 1)),
							),
							callsAfterResults: true,
							searches,
						};
						const ask = isStream && kind !== 'bedrock' ? askStreamed : askWhole;
						client.keep(await ask(gateway.url, client.ask(`${kind}-model`), format), reply);
						expectAccepted([at, kind]);
					}
				}),
				{ numRuns: WALKS, interruptAfterTimeLimit: IS_LONG ? 1_000_000 : 50_000 },
			);
		});
	},
);

it('reasoning that the next provider is not sent is named in the answer, also in the caller’s own format', async () => {
	for (const createClient of MOVING_CLIENTS) {
		const client = createClient();
		const own = { 'anthropic-messages': 'anthropic', 'openai-chat': 'openai-compatible', gemini: 'google' };
		const dropped: (string | null)[] = [];
		const last = own[client.format as keyof typeof own] ?? 'openai';
		for (const kind of [last === 'google' ? 'anthropic' : 'google', last]) {
			answer = { reasoning: 'hm, let me see', text: 'so it is' };
			const { body, path } = client.ask(`${kind}-model`);
			const headers = { 'content-type': 'application/json' };
			const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
			client.keep((await response.json()) as JsonObject);
			dropped.push(response.headers.get('x-switchyard-dropped'));
		}
		expect([client.format, dropped[1]]).toEqual([client.format, expect.stringContaining('reasoning')]);
	}
});

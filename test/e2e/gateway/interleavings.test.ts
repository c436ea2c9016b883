import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptedFault } from '../../../src/testing.ts';
import { CANONICAL_ANSWER } from '../../support/fault-catalogue.ts';
import {
	inventedModel,
	openTestGateway,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';

/** Requests that are under way at once in one interleaving. */
const AT_ONCE = 6;
/** In the long form so many that 10,000 faults are played (`npm run test:faults`). */
const IS_LONG = process.env['MODE'] === 'faults';
/** Faults of the long form. */
const MANY_FAULTS = 10_000;
/** Interleavings of the short form, over all gateways. */
const FEW_RUNS = 40;
const PRIMARIES = ['same', 'other'] as const;

/** Gateways that are tried side by side, for nearly all of the time is spent waiting. */
const GATEWAYS = 4;

const gateways: TestGateway[] = [];
const openGateway = () =>
	openTestGateway({
		deployments: [
			// One speaks the caller's format, one does not: bytes passed through, and parts translated.
			simulatedDeployment('openai-compatible', { same: 'same-id', rescue: 'rescue-id' }),
			simulatedDeployment('anthropic', { other: 'claude-other' }),
		],
		config: {
			models: [...PRIMARIES, 'rescue'].map((name) => inventedModel(name)),
			candidates: [...PRIMARIES, 'rescue'],
			defaultModel: 'rescue',
			fallbacks: { same: ['rescue'], other: ['rescue'], rescue: [] },
			fallback: { maxAttempts: 1 },
			budget: { dailyLimit: 100_000, monthlyLimit: 1_000_000, perRequestLimit: null },
			gateway: { streams: { commit: 'first-output', firstOutputTimeoutMs: 250, idleTimeoutMs: 250 } },
		},
	});

beforeAll(async () => {
	gateways.push(...(await Promise.all(Array.from({ length: GATEWAYS }, openGateway))));
});
afterAll(() => Promise.all(gateways.map((gateway) => gateway.close())));

/** What one caller does and what its provider does to it. */
interface Play {
	model: (typeof PRIMARIES)[number];
	fault: ScriptedFault | 'ok';
	rescue: ScriptedFault | 'ok';
	commit: 'first-output' | 'whole-answer';
	isStream: boolean;
	/** Milliseconds after which the caller leaves; `null`: it stays. */
	leavesAfterMs: number | null;
	startsAfterMs: number;
}

const FAULTS = [
	'500',
	'429',
	'400',
	'reset',
	'hang',
	'garbage',
	'empty',
	'html',
	'content-filter',
	'cut',
	'stall',
	'pings',
	'malformed',
	'no-done',
	'no-finish',
	'stream-error',
	'duplicate-finish',
	'wrong-type',
	'not-streamed',
] as const;

const fault = fc.record({
	fault: fc.constantFrom(...FAULTS),
	afterTokens: fc.integer({ min: 0, max: 60 }),
	forMs: fc.constantFrom(100, 400),
	everyMs: fc.constant(20),
	retryAfterSeconds: fc.constant(null),
});
const play: fc.Arbitrary<Play> = fc.record({
	model: fc.constantFrom(...PRIMARIES),
	fault: fc.oneof({ weight: 4, arbitrary: fault }, { weight: 1, arbitrary: fc.constant('ok' as const) }),
	rescue: fc.oneof({ weight: 1, arbitrary: fault }, { weight: 3, arbitrary: fc.constant('ok' as const) }),
	commit: fc.constantFrom('first-output', 'whole-answer'),
	isStream: fc.boolean(),
	leavesAfterMs: fc.option(fc.integer({ min: 0, max: 400 })),
	startsAfterMs: fc.integer({ min: 0, max: 100 }),
});

/** What the caller heard: its words and whether it was told that they are all. */
async function perform(gateway: TestGateway, one: Play): Promise<[string, boolean]> {
	const { commit, isStream, leavesAfterMs, model, startsAfterMs } = one;
	await sleep(startsAfterMs);
	const client = new OpenAI({ apiKey: 'x', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
	const leaves = new AbortController();
	const timer = leavesAfterMs === null ? undefined : setTimeout(() => leaves.abort(), leavesAfterMs);
	const request = { model, messages: [{ role: 'user' as const, content: 'Sixty words, please.' }] };
	const options = { signal: leaves.signal, headers: { 'x-switchyard-commit': commit } };
	let text = '';
	let isOver = false;
	try {
		if (!isStream) {
			const { choices } = await client.chat.completions.create(request, options);
			return [choices[0]?.message.content ?? '', choices[0]?.finish_reason === 'stop'];
		}
		for await (const { choices } of await client.chat.completions.create({ ...request, stream: true }, options)) {
			text += choices[0]?.delta.content ?? '';
			isOver ||= choices[0]?.finish_reason === 'stop';
		}
	} catch {
		// An error is an honest end; what the caller had read by then is looked at below.
	} finally {
		clearTimeout(timer);
	}
	return [text, isOver];
}

let faults = 0;

function tryInterleavings(gateway: TestGateway): Promise<void> {
	const interleavings = fc.asyncProperty(fc.array(play, { minLength: 1, maxLength: AT_ONCE }), async (plays) => {
		const schedule = (name: string) => plays.filter(({ model }) => model === name).map((one) => one.fault);
		const answer = { text: CANONICAL_ANSWER, tokensPerSecond: 1000 };
		gateway.simulator.script({
			'same-id': { ...answer, schedule: schedule('same') },
			'claude-other': { ...answer, schedule: schedule('other') },
			'rescue-id': { ...answer, schedule: plays.map(({ rescue }) => rescue) },
		});
		faults += plays.filter((one) => one.fault !== 'ok').length;
		const heard = await Promise.all(plays.map((one) => perform(gateway, one)));
		for (const [text, isOver] of heard) {
			expect(CANONICAL_ANSWER.startsWith(text)).toBe(true);
			if (isOver) expect(text).toBe(CANONICAL_ANSWER);
		}
		// Who leaves at once is gone before the gateway has even heard of it: what it began ends a moment later.
		await expect.poll(() => gateway.readHeld(), { timeout: 5000, interval: 20 }).toBe(0);
	});
	return fc.assert(interleavings, { numRuns: FEW_RUNS / GATEWAYS, endOnFailure: true });
}

describe('faults and leaving callers, in any order', () => {
	it('never end a broken answer as if it were whole, and never leave money held', async () => {
		do await Promise.all(gateways.map(tryInterleavings));
		while (IS_LONG && faults < MANY_FAULTS);
		if (IS_LONG) console.log(`${faults} faults of providers`);
		for (const gateway of gateways)
			expect(await gateway.query('SELECT * FROM budget_spend WHERE reserved_nano < 0')).toEqual([]);
	}, 7_200_000);
});

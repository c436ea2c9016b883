import { expect } from 'vitest';
import type { ProviderSimulator, SimulatedModel, SimulatedRequest } from '../../src/testing.ts';
import type { Caller, CallerAnswer, CallerAsk } from './callers/index.ts';

/**
 * What became of a thing on its way: it arrived, it was named as dropped, one of the two formats has no word for it, or it
 * was lost where nobody could tell.
 */
export type Fate = 'carried' | 'named' | 'no word' | 'lost';

/** Where a scenario is played. */
export interface Stage {
	caller: Caller;
	/** Format the caller speaks. */
	format: string;
	/** Kind of the provider. */
	provider: string;
	/** Name by which the caller asks for the model. */
	model: string;
	/** The model's id at the simulator. */
	modelId: string;
	simulator: ProviderSimulator;
	/** What answers have named as not carried since the stage was set. */
	dropped(): string[];
}

/** One thing that a caller may want, and how to see that it works. */
export interface Scenario {
	name: string;
	play(stage: Stage): Promise<Fate>;
}

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n').toString(
	'base64',
);
const PNG_BYTES = Buffer.from(PNG, 'base64').length;
const PDF_BYTES = Buffer.from(PDF, 'base64').length;

const city = {
	type: 'object',
	properties: { city: { type: 'string' } },
	required: ['city'],
	additionalProperties: false,
};
const TOOLS = [
	{ name: 'get_weather', description: 'The weather in a city.', schema: city },
	{ name: 'get_time', description: 'The time in a city.', schema: city },
];

function script(stage: Stage, model: SimulatedModel): void {
	stage.simulator.reset();
	stage.simulator.script({ [stage.modelId]: model });
}

function lastRequest({ simulator }: Stage): SimulatedRequest {
	const request = simulator.requests.at(-1);
	if (request === undefined) throw new Error('The provider was not asked.');
	return request;
}

/** Losses that are known: scenario and kind of provider. The AI SDK's package for compatible servers reads no annotations. */
const KNOWN_LOSSES: ReadonlySet<string> = new Set(['citation openai-compatible']);

/** Carried, or else named: what is lost in silence fails. */
function carriedOr(stage: Stage, isCarried: boolean, word: RegExp): Fate {
	if (isCarried) return 'carried';
	if (KNOWN_LOSSES.has(`${word.source.split('|')[0]} ${stage.provider}`)) return 'lost';
	expect(stage.dropped().join(', '), 'lost without being named').toMatch(word);
	return 'named';
}

const ask = (stage: Stage, more: Partial<CallerAsk> = {}): CallerAsk => ({
	model: stage.model,
	prompt: 'Say hello to the tests',
	...more,
});

async function useTools(stage: Stage, { stream, calls }: { stream: boolean; calls: number }): Promise<CallerAnswer> {
	const prompt = ['get_weather({"city":"Rome"})', 'get_time({"city":"Oslo"})'].slice(0, calls).join(' and ');
	const first = await stage.caller.ask(ask(stage, { prompt: `Call ${prompt}.`, tools: TOOLS, system: 'Be brief.' }), {
		stream,
	});
	expect(first.toolCalls.map(({ name, arguments: given }) => [name, given])).toEqual(
		[
			['get_weather', { city: 'Rome' }],
			['get_time', { city: 'Oslo' }],
		].slice(0, calls),
	);
	expect(first.finish).toBe('tool-calls');
	const results = first.toolCalls.map(({ id, name }) => ({ id, name, output: `${name} says sunny` }));
	const second = await first.next(results);
	for (const { name } of results) expect(second.text).toContain(`${name} says sunny`);
	expect(second.finish).toBe('stop');
	return first;
}

/** How the simulator's signatures begin. */
const _SIGNATURE_START = Buffer.from('simulated-signature').toString('base64').slice(0, 24);

/** How the simulator's signatures begin. */
const SIGNATURE_START = Buffer.from('simulated-signature').toString('base64').slice(0, 24);

const THOUGHT = 'I think of towns, then I choose the one that was asked for.';

/** Everything that is tried with every pairing of caller and provider. */
export const SCENARIOS: readonly Scenario[] = [
	{
		name: 'text',
		play: async (stage) => {
			script(stage, { text: 'Hello, tests.\nWelcome — “ünïcode” ✓' });
			const answer = await stage.caller.ask(ask(stage), { stream: false });
			expect(answer).toMatchObject({ text: 'Hello, tests.\nWelcome — “ünïcode” ✓', finish: 'stop' });
			return 'carried';
		},
	},
	{
		name: 'stream of text',
		play: async (stage) => {
			script(stage, { text: 'one two three four five — “ünïcode” ✓', tokensPerSecond: 500 });
			const answer = await stage.caller.ask(ask(stage), { stream: true });
			expect(answer).toMatchObject({ text: 'one two three four five — “ünïcode” ✓', finish: 'stop' });
			expect(answer.pieces).toBeGreaterThan(3);
			return 'carried';
		},
	},
	{
		name: 'system prompt',
		play: async (stage) => {
			script(stage, {});
			await stage.caller.ask(ask(stage, { system: 'You are a pirate named Canary.' }), { stream: false });
			expect(lastRequest(stage).bodyText).toContain('You are a pirate named Canary.');
			return 'carried';
		},
	},
	{
		name: 'tools over turns',
		play: async (stage) => {
			script(stage, {});
			await useTools(stage, { stream: false, calls: 1 });
			return 'carried';
		},
	},
	{
		name: 'parallel tools',
		play: async (stage) => {
			script(stage, {});
			await useTools(stage, { stream: false, calls: 2 });
			return 'carried';
		},
	},
	{
		name: 'streamed parallel tools',
		play: async (stage) => {
			script(stage, {});
			await useTools(stage, { stream: true, calls: 2 });
			return 'carried';
		},
	},
	{
		name: 'structured output',
		play: async (stage) => {
			script(stage, {});
			const schema = {
				type: 'object',
				properties: { city: { type: 'string' }, people: { type: 'integer', enum: [7] } },
				required: ['city', 'people'],
				additionalProperties: false,
			};
			for (const stream of [false, true]) {
				const answer = await stage.caller.ask(ask(stage, { schema }), { stream });
				expect(JSON.parse(answer.text)).toEqual({ city: expect.any(String), people: 7 });
			}
			return 'carried';
		},
	},
	{
		name: 'images',
		play: async (stage) => {
			script(stage, {});
			const answer = await stage.caller.ask(ask(stage, { image: PNG }), { stream: false });
			const isCarried = answer.text.includes(`image/png of ${PNG_BYTES} bytes`);
			return carriedOr(stage, isCarried, /image/);
		},
	},
	{
		name: 'PDF files',
		play: async (stage) => {
			script(stage, {});
			const answer = await stage.caller.ask(ask(stage, { file: PDF }), { stream: false });
			const isCarried = answer.text.includes(`application/pdf of ${PDF_BYTES} bytes`);
			return carriedOr(stage, isCarried, /file|document/);
		},
	},
	{
		name: 'thinking',
		play: async (stage) => {
			script(stage, { reasoning: THOUGHT, text: 'Rome.' });
			const whole = await stage.caller.ask(ask(stage, { isThinking: true }), { stream: false });
			const streamed = await stage.caller.ask(ask(stage, { isThinking: true }), { stream: true });
			expect([whole.text, streamed.text]).toEqual(['Rome.', 'Rome.']);
			return carriedOr(stage, whole.reasoning === THOUGHT && streamed.reasoning === THOUGHT, /reasoning|thinking/);
		},
	},
	{
		name: 'signed thinking over turns',
		play: async (stage) => {
			script(stage, { reasoning: THOUGHT });
			const prompt = 'Call get_weather({"city":"Rome"}).';
			const fates: boolean[] = [];
			for (const stream of [false, true]) {
				const first = await stage.caller.ask(ask(stage, { prompt, tools: TOOLS, isThinking: true }), { stream });
				expect(first.toolCalls).toHaveLength(1);
				const second = await first.next(first.toolCalls.map(({ id, name }) => ({ id, name, output: 'sunny' })));
				expect(second.text).toContain('sunny');
				fates.push(lastRequest(stage).bodyText.includes(SIGNATURE_START));
			}
			if (stage.provider === 'openai-compatible') return 'no word';
			// A chat message has no place for a signature; the AI SDK's OpenAI packages keep none of Gemini's.
			const hasNoPlace = stage.format === 'openai-chat' || stage.caller.name.startsWith('ai, openai');
			if (hasNoPlace && !fates.every(Boolean)) return 'no word';
			return carriedOr(stage, fates.every(Boolean), /reasoning|thinking|signature/i);
		},
	},
	{
		name: 'citations',
		play: async (stage) => {
			script(stage, {
				text: 'As they say.',
				citations: [{ url: 'https://example.com/source', title: 'Source', text: 'they say' }],
			});
			const whole = await stage.caller.ask(ask(stage), { stream: false });
			expect(whole.text).toBe('As they say.');
			const streamed = await stage.caller.ask(ask(stage), { stream: true });
			expect(streamed.text).toBe('As they say.');
			// The package itself reads no annotations, wherever they come from.
			if (stage.caller.name === 'ai, openai-chat') return 'no word';
			const isCarried = [whole, streamed].every(({ citations }) => citations.includes('https://example.com/source'));
			return carriedOr(stage, isCarried, /citation|source|annotation|grounding/i);
		},
	},
	{
		name: 'longest output',
		play: async (stage) => {
			script(stage, { text: 'word '.repeat(200) });
			for (const stream of [false, true]) {
				const answer = await stage.caller.ask(ask(stage, { maxTokens: 20 }), { stream });
				expect(answer.finish).toBe('length');
				expect(answer.text.length).toBeLessThanOrEqual(80);
				expect(answer.usage.output).toBeLessThanOrEqual(20);
			}
			return 'carried';
		},
	},
	{
		name: 'stop sequences',
		play: async (stage) => {
			if (stage.format === 'openai-responses') return 'no word';
			script(stage, { text: 'before STOP after' });
			const answer = await stage.caller.ask(ask(stage, { stop: ['STOP'] }), { stream: false });
			return carriedOr(stage, answer.text === 'before ' || answer.text === 'before', /stop/i);
		},
	},
	{
		name: 'usage',
		play: async (stage) => {
			script(stage, { text: 'x'.repeat(400), cachedTokens: 50, reasoningTokens: 30 });
			for (const stream of [false, true]) {
				const { usage } = await stage.caller.ask(ask(stage), { stream });
				expect(usage).toEqual({ input: 50, output: 130 });
			}
			return 'carried';
		},
	},
	{
		name: 'errors',
		play: async (stage) => {
			script(stage, { afterwards: '400' });
			for (const stream of [false, true]) {
				const error = await stage.caller.ask(ask(stage), { stream }).catch((caught: unknown) => caught);
				expect(stage.caller.statusOf(error), String(error)).toBe(400);
			}
			return 'carried';
		},
	},
	{
		name: 'abort',
		play: async (stage) => {
			script(stage, { text: 'word '.repeat(500), tokensPerSecond: 200 });
			const controller = new AbortController();
			let heard = 0;
			const listening = stage.caller.listen(ask(stage, { signal: controller.signal }), (text) => {
				heard += text.length;
				if (heard > 20) controller.abort();
			});
			await listening.catch(() => undefined);
			await expect.poll(() => lastRequest(stage).abortedAt, { timeout: 3000 }).not.toBeNull();
			expect(lastRequest(stage).tokensSent).toBeLessThan(300);
			return 'carried';
		},
	},
];

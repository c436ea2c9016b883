import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSwitchyard, type SwitchyardProvider } from '../../src/ai-sdk.ts';
import type { ConfigLayer } from '../../src/config/index.ts';
import { type ProviderSimulator, type SimulatorOptions, startProviderSimulator } from '../../src/testing.ts';
import { inventedModel } from '../support/open-scripted-gateway.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

let project: TemporaryProject;
let simulator: ProviderSimulator;
let switchyard: SwitchyardProvider;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(async () => {
	await switchyard.close();
	await simulator.close();
	project.remove();
});

const OPUS = 'claude-opus-4-5-20251101';

/** All three providers, played by a simulator. */
async function open(options: SimulatorOptions = {}, argumentValues: ConfigLayer = {}): Promise<void> {
	simulator = await startProviderSimulator({ retryAfterSeconds: null, ...options });
	switchyard = createSwitchyard({
		projectDirectory: project.path,
		environment: {
			ANTHROPIC_API_KEY: 'a',
			OPENAI_API_KEY: 'o',
			GEMINI_API_KEY: 'g',
			ANTHROPIC_BASE_URL: simulator.url,
			OPENAI_BASE_URL: `${simulator.url}/v1`,
			GEMINI_BASE_URL: simulator.url,
		},
		argumentValues,
	});
}

/** What Switchyard says it did. */
interface Facts {
	decisionId: string;
	model: string;
	deployment: string;
	attempts: number;
	costUsd: number;
}

// The entry point's own metadata, which the AI SDK hands on untyped.
const factsOf = (metadata: unknown) => (metadata as { switchyard: Facts }).switchyard;

async function settled(): Promise<{ reserved: number; today: number }> {
	const data = await switchyard.system.exportData();
	const limits = await switchyard.system.budgetLimits();
	// A limit of single requests holds nothing; another without a figure makes the sum NaN, which equals nothing.
	const sums = limits.filter(({ period }) => period !== 'request').map(({ heldUsd }) => heldUsd ?? Number.NaN);
	expect(sums.length).toBeGreaterThan(1);
	const today = data.costs.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? Number.NaN), 0);
	return { reserved: sums.reduce((sum, held) => sum + held, 0), today };
}

describe('generateText and streamText with a model that is chosen when it is called', () => {
	it.each(['auto', 'auto:cheap', 'auto:best', 'fast', 'opus', 'gpt-4.1', OPUS])(
		'%s answers, and what it took is in the ledger',
		async (name) => {
			await open();
			const { text, usage, providerMetadata } = await generateText({
				model: switchyard(name),
				prompt: 'What is a monad?',
			});
			expect(text).toMatch(/^Simulated answer/);
			expect(usage.outputTokens).toBeGreaterThan(0);
			const facts = factsOf(providerMetadata);
			expect(facts.attempts).toBe(1);
			expect(facts.costUsd).toBeGreaterThan(0);
			const { today, reserved } = await settled();
			expect(today).toBe(Math.round(facts.costUsd * 1e9));
			expect(reserved).toBe(0);
		},
	);

	it('the decision is the one the library makes for the same words', async () => {
		await open();
		const task = 'Fix the race condition in the connection pool and add a regression test';
		const decision = await switchyard.system.routeTask({ messages: [{ role: 'user', content: task }] });
		const { providerMetadata } = await generateText({ model: switchyard('auto'), prompt: task });
		expect(factsOf(providerMetadata).model).toBe(decision.model.name);
	});

	it('streams as it comes, and says at the end what it cost', async () => {
		await open();
		const result = streamText({ model: switchyard('opus'), prompt: 'Tell me a story' });
		let text = '';
		for await (const piece of result.textStream) text += piece;
		expect(text).toMatch(/^Simulated answer from claude-opus/);
		const facts = factsOf(await result.providerMetadata);
		expect(facts).toMatchObject({ model: 'opus', deployment: 'anthropic', attempts: 1 });
		expect((await settled()).today).toBe(Math.round(facts.costUsd * 1e9));
	});

	it.each(['auto', 'opus', 'gpt-4.1', 'gemini-2.5-flash'])('%s: tools over two turns', async (name) => {
		await open();
		const weather = tool({
			description: 'Tells the weather',
			inputSchema: jsonSchema<{ city: string }>({
				type: 'object',
				properties: { city: { type: 'string' } },
				required: ['city'],
			}),
			execute: async ({ city }) => `sunny in ${city}`,
		});
		const { text, steps } = await generateText({
			model: switchyard(name),
			tools: { weather },
			stopWhen: stepCountIs(3),
			prompt: 'Use weather({"city":"Rome"}) and tell me',
		});
		expect(steps).toHaveLength(2);
		expect(text).toContain('sunny in Rome');
	});

	it('structured output reaches a model that can give it', async () => {
		await open();
		const schema = jsonSchema<{ name: string }>({
			type: 'object',
			properties: { name: { type: 'string' } },
			required: ['name'],
			additionalProperties: false,
		});
		const { output } = await generateText({
			model: switchyard('auto'),
			output: Output.object({ schema }),
			prompt: 'A name',
		});
		expect(typeof output.name).toBe('string');
	});
});

describe('the money for an answer', () => {
	it('limits the output that is asked of the provider for a whole answer; a stream is ended where the money is', async () => {
		const call = { prompt: 'Write a very long story', maxOutputTokens: 100_000, maxRetries: 0 };
		await open({ models: { '*': { text: 'word '.repeat(50_000) } } }, { budget: { perRequestLimit: 0.02 } });
		await generateText({ ...call, model: switchyard('haiku') });
		const streamed = streamText({ ...call, model: switchyard('haiku') });
		expect((await streamed.text).length).toBeLessThan(10_000 * 5);
		expect(await streamed.finishReason).toBe('length');
		expect(factsOf(await streamed.providerMetadata)).toMatchObject({ maxTokens: expect.any(Number) });
		const [whole, stream] = simulator.requests.map(({ body }) => Number(Reflect.get(Object(body), 'max_tokens')));
		expect(whole).toBeLessThan(10_000);
		expect(stream).toBe(64_000);
	});
});

describe('failures are survived as the gateway survives them', () => {
	it.each(['500', '529', 'reset', 'empty', 'html'] as const)(
		'%s: another model answers, every attempt is accounted',
		async (fault) => {
			await open({ models: { [OPUS]: { schedule: Array.from({ length: 12 }, () => fault) } } });
			for (const isStream of [false, true]) {
				const call = { model: switchyard('opus'), prompt: 'Hello', maxRetries: 0 };
				const result = isStream ? streamText(call) : await generateText(call);
				expect(await result.text).toMatch(/^Simulated answer/);
				const facts = factsOf(await result.providerMetadata);
				expect(facts.model).not.toBe('opus');
				expect(facts.attempts).toBeGreaterThan(1);
			}
			expect((await settled()).reserved).toBe(0);
		},
	);

	it('a second key is tried before another model', async () => {
		await open(
			{ models: { [OPUS]: { schedule: ['401'] } } },
			{
				deployments: [{ id: 'second', kind: 'anthropic', auth: 'none', baseUrl: 'http://127.0.0.1:1' }],
			},
		);
		const second = simulator.url;
		await switchyard.close();
		switchyard = createSwitchyard({
			projectDirectory: project.path,
			environment: { ANTHROPIC_API_KEY: 'a', SECOND: 'b', ANTHROPIC_BASE_URL: second },
			argumentValues: { deployments: [{ id: 'second', kind: 'anthropic', apiKey: 'env:SECOND', baseUrl: second }] },
		});
		const { providerMetadata } = await generateText({ model: switchyard('opus'), prompt: 'Hello' });
		expect(factsOf(providerMetadata)).toMatchObject({ model: 'opus', deployment: 'second', attempts: 2 });
	});

	it('parameters that a server refuses one after the other are left out, and its next request is not refused', async () => {
		await open();
		await switchyard.close();
		const served = { id: 'server', kind: 'openai-compatible', auth: 'none', models: { local: 'gpt-5-mini' } } as const;
		switchyard = createSwitchyard({
			projectDirectory: project.path,
			environment: {},
			argumentValues: {
				models: [inventedModel('local')],
				deployments: [{ ...served, baseUrl: `${simulator.url}/v1` }],
				fallback: { enabled: false, maxAttempts: 1 },
			},
		});
		const ask = { model: switchyard('local'), prompt: 'Hello', temperature: 0.2, maxRetries: 0 };
		const { providerMetadata } = await generateText(ask);
		expect(factsOf(providerMetadata)).toMatchObject({ attempts: 1, dropped: ['temperature'] });
		// the AI SDK names a limit in every request, under the name that this model does not take
		const sent = simulator.requests.map(({ body }) => Object.keys(Object(body)));
		expect(sent.map((names) => [names.includes('max_tokens'), names.includes('temperature')])).toEqual([
			[true, true],
			[false, true],
			[false, false],
		]);
		expect(await streamText(ask).text).not.toBe('');
		expect(simulator.requests).toHaveLength(4);
		const attempts = await switchyard.system.attemptsOf(factsOf(providerMetadata).decisionId);
		for (const name of ['max_tokens', 'temperature'])
			expect(attempts[0]?.message).toContain(`The provider refuses ${name}: left out from now on.`);
	});

	it.each(['cut', 'stall'] as const)(
		'%s after output: the stream ends with an error, never cleanly, and its money is settled',
		async (fault) => {
			await open({ models: { [OPUS]: { schedule: [fault] } } }, { gateway: { streams: { idleTimeoutMs: 300 } } });
			const result = streamText({ model: switchyard('opus'), prompt: 'Hello', maxRetries: 0, onError: () => {} });
			const types: string[] = [];
			for await (const part of result.fullStream) types.push(part.type);
			expect(types).toContain('text-delta');
			expect(types).toContain('error');
			expect(await result.finishReason).toBe('error');
			const { today, reserved } = await settled();
			expect(today).toBeGreaterThan(0);
			expect(reserved).toBe(0);
		},
	);

	it('a reader that leaves ends the call at the provider, and what came is settled', async () => {
		await open({ models: { [OPUS]: { tokensPerSecond: 20 } } });
		const { stream } = await switchyard('opus').doStream({
			prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
		});
		const reader = stream.getReader();
		for (;;) {
			const { value } = await reader.read();
			if (value?.type === 'text-delta') break;
		}
		await reader.cancel();
		await expect.poll(() => simulator.requests[0]?.abortedAt ?? null, { timeout: 5000 }).not.toBeNull();
		await expect.poll(async () => (await settled()).today, { timeout: 5000 }).toBeGreaterThan(0);
		expect((await settled()).reserved).toBe(0);
	});

	it('an abort ends it at once', async () => {
		await open({ models: { [OPUS]: { schedule: ['hang'] } } });
		const signal = AbortSignal.timeout(100);
		await expect(
			generateText({ model: switchyard('opus'), prompt: 'Hello', abortSignal: signal, maxRetries: 0 }),
		).rejects.toMatchObject({
			code: 'ROUTER_REQUEST_ABORTED',
		});
		expect((await settled()).reserved).toBe(0);
	});
});

describe('what cannot be is said before anything is called', () => {
	it('a budget that is used up, an unknown model, and no provider at all', async () => {
		await open({}, { budget: { dailyLimit: 0, monthlyLimit: 0 } });
		await expect(generateText({ model: switchyard('auto'), prompt: 'Hi', maxRetries: 0 })).rejects.toMatchObject({
			code: 'ROUTER_BUDGET_EXCEEDED',
		});
		await expect(generateText({ model: switchyard('opsu'), prompt: 'Hi', maxRetries: 0 })).rejects.toThrow(
			/Did you mean "?opus/,
		);
		expect(simulator.requests).toEqual([]);
		const none = createSwitchyard({ projectDirectory: project.path, environment: {} });
		await expect(generateText({ model: none('auto'), prompt: 'Hi', maxRetries: 0 })).rejects.toThrow(
			/set ANTHROPIC_API_KEY/,
		);
		await none.close();
	});

	it.each([
		[
			{ constraint: { maxCost: 0.01 } },
			'providerOptions.switchyard.constraint is no option; did you mean "constraints"?',
		],
		[{ constraints: { maxCosts: 0.01 } }, 'constraints.maxCosts is no constraint; did you mean "maxCost"?'],
		[{ maxCost: 0.01 }, 'providerOptions.switchyard.maxCost is no option'],
		[{ attribution: { tag: ['docs'] } }, 'switchyard.attribution.tag is no option; did you mean "tags"?'],
		[{ attribution: { tags: 'docs' } }, 'switchyard.attribution.tags is "docs"'],
		[{ timeoutMs: '100' }, 'switchyard.timeoutMs is "100"'],
		[{ policy: 'chaep' }, '"chaep" is no policy; did you mean "cheap"?'],
	])('what a call mistypes is refused instead of forgotten: %j', async (options, message) => {
		await open();
		for (const model of ['auto', 'sonnet']) {
			const asked = generateText({
				model: switchyard(model),
				prompt: 'Hi',
				maxRetries: 0,
				providerOptions: { switchyard: options as Record<string, string> },
			});
			await expect(asked).rejects.toThrow(message);
		}
		expect(simulator.requests).toEqual([]);
	});

	it('limits of a call are limits: what was said beside the prompt is kept', async () => {
		await open();
		const call = { prompt: 'Design a distributed database', maxRetries: 0 };
		const constrained = await generateText({
			...call,
			model: switchyard('auto', { constraints: { allowedProviders: ['google'] } }),
			providerOptions: { switchyard: { attribution: { tags: ['docs'] } } },
		});
		expect(factsOf(constrained.providerMetadata).deployment).toBe('google');
		const [tag] = await switchyard.system.costBy('tag', { from: 0, to: Number.MAX_SAFE_INTEGER });
		expect(tag).toMatchObject({ key: 'docs' });
		expect(JSON.stringify(simulator.requests)).not.toContain('switchyard');
	});
});

import { expect, it } from 'vitest';
import { makeTask } from '../../../test/support/route-models.ts';
import { DEFAULT_GATEWAY_CONFIG } from '../../config/index.ts';
import { CALLER_FORMATS, createMeteredUsage, JsonText } from '../../protocol/index.ts';
import { DeploymentTable } from '../../providers/index.ts';
import { completeRouterConfig, RoutingSystem } from '../../system/index.ts';
import { RequestIds } from '../request/index.ts';
import { ConversationMemory } from './conversation-memory.ts';
import type { GenerationRequest, RequestContext } from './request-context.ts';
import { createRouteOptions, decodeOnce, rememberTurn } from './routing.ts';

const LIMITS = DEFAULT_GATEWAY_CONFIG.limits;

it('a request is translated when it must be, and once however many attempts need it', async () => {
	let times = 0;
	const chat = CALLER_FORMATS['openai-chat'];
	const counting = {
		...chat,
		decodeRequest: (body: Readonly<Record<string, unknown>>) => {
			times += 1;
			return chat.decodeRequest(body);
		},
	};
	const body = { model: 'haiku', messages: [{ role: 'user', content: 'Hi.' }] };
	const decoded = decodeOnce(counting, { body, text: JsonText.from('{}') }, LIMITS);
	expect(times).toBe(0);
	expect(await decoded()).toBe(await decoded());
	expect(times).toBe(1);
});

it('reasoning that only its maker can read stays with that maker, and with the very model where it is known', () => {
	const wire = { boundToModel: true, conversation: {}, requiredCapabilities: [], session: 's' };
	// As much of a request and its context as routing reads.
	const request = {
		format: CALLER_FORMATS['anthropic-messages'],
		body: {},
		wire,
		hints: { constraints: {} },
	} as unknown as GenerationRequest;
	const memory = new ConversationMemory();
	const context = {
		ids: new RequestIds({}, null),
		caller: { owner: 'local', key: null },
		clock: { now: () => 1 },
		memory,
		runtime: { system: new RoutingSystem() },
		deployments: new DeploymentTable([], []),
	} as unknown as RequestContext;
	const providersWithin = (allowedProviders: string[]) => {
		const limited = { ...request, hints: { constraints: { allowedProviders } } };
		return createRouteOptions(limited, context, {}).constraints?.allowedProviders;
	};
	expect(createRouteOptions(request, context, {}).constraints).toMatchObject({ allowedProviders: ['anthropic'] });
	expect(providersWithin(['google', 'anthropic'])).toEqual(['anthropic']);
	expect(providersWithin(['google'])).toEqual([]);
	expect(createRouteOptions(request, context, { model: 'opus' }).constraints).toEqual({
		preferredModel: 'opus',
		requiredCapabilities: [],
	});
	const decision = { id: 'd1', descriptor: makeTask({}) };
	const usage = createMeteredUsage({ inputTokens: 7, outputTokens: 3 });
	rememberTurn(request, context, { decision, model: 'opus', options: {}, usage });
	const options = createRouteOptions(request, context, {});
	expect(options.constraints).toEqual({ requiredCapabilities: [] });
	expect(options.cachedPrefix).toMatchObject({ model: 'opus', tokens: 10, boundToModel: true });
});

it('the next turn of a session shows how good an answer was, where the configuration says that it counts', async () => {
	const turns = [
		[{ role: 'user', content: 'Sort the list by date' }],
		[{ role: 'user', content: 'Sort the list by date' }],
		[
			{ role: 'user', content: 'Sort the list by date' },
			{ role: 'assistant', content: 'Done: it is sorted by name.' },
			{ role: 'user', content: "No, that's wrong" },
		],
	];
	const listSigns = async (learning: { observe?: Array<'repeated' | 'corrected'> }) => {
		const system = new RoutingSystem(completeRouterConfig({ learning }));
		const context = {
			caller: { owner: 'local', key: null },
			clock: { now: () => 1 },
			memory: new ConversationMemory(),
			runtime: { system },
		} as unknown as RequestContext;
		for (const messages of turns) {
			const decision = await system.routeTask('Sort the list by date');
			await system.executeDecision(decision, async () => 'sorted');
			const request = { wire: { conversation: { messages }, session: 's' }, hints: {} } as unknown as GenerationRequest;
			const usage = createMeteredUsage({ inputTokens: 7, outputTokens: 3 });
			rememberTurn(request, context, { decision, model: decision.model.name, options: {}, usage });
		}
		const { outcomes } = await system.exportData();
		await system.close();
		return outcomes.map(({ observed }) => observed ?? []).toSorted((a, b) => String(a).localeCompare(String(b)));
	};
	expect(await listSigns({ observe: ['repeated', 'corrected'] })).toEqual([[], ['corrected'], ['repeated']]);
	expect(await listSigns({})).toEqual([[], [], []]);
});

it('a body that would take a client library too long to write is refused, not translated', async () => {
	const text = JsonText.from(' '.repeat(12 * 1024 * 1024 + 1));
	const decoded = decodeOnce(CALLER_FORMATS['anthropic-messages'], { body: {}, text }, LIMITS);
	await expect(decoded()).rejects.toMatchObject({
		code: 'ROUTER_REQUEST_TOO_LARGE',
		message: expect.stringContaining('speaks anthropic-messages'),
	});
});

/** A request with calls of these arguments, in the formats that have them as a text. */
const WRITERS = {
	'openai-chat': (inputs: readonly string[]) => ({
		model: 'haiku',
		messages: inputs.map((input, at) => ({
			role: 'assistant',
			tool_calls: [{ id: `c${at}`, type: 'function', function: { name: 'f', arguments: input } }],
		})),
	}),
	'openai-responses': (inputs: readonly string[]) => ({
		model: 'haiku',
		input: inputs.map((input, at) => ({ type: 'function_call', call_id: `c${at}`, name: 'f', arguments: input })),
	}),
} as const;

it.each(['openai-chat', 'openai-responses'] as const)(
	'%s: arguments of calls have the limits of bodies, all of them together: they are parsed too',
	async (format) => {
		const decode = (inputs: readonly string[]) => {
			const body = WRITERS[format](inputs);
			return decodeOnce(CALLER_FORMATS[format], { body, text: JsonText.from(JSON.stringify(body)) }, LIMITS)();
		};
		const half = (names: number) => `{"a":[${'{"b":1},'.repeat(names / 2 - 1)}1]}`;
		const lists = (count: number) => `{"a":[${'[],'.repeat(count)}1]}`;
		await expect(decode([half(30_000), half(30_000)])).resolves.toMatchObject({ dropped: [] });
		const tooLarge = (what: string) => ({ code: 'ROUTER_REQUEST_TOO_LARGE', message: expect.stringContaining(what) });
		await expect(decode([half(30_000), half(30_000), '{"a":1}'])).rejects.toMatchObject(
			tooLarge('The JSON in the "arguments" of calls has more than 30000 names'),
		);
		await expect(decode([lists(60_000), lists(60_000)])).rejects.toMatchObject(
			tooLarge('has more than 100000 texts, objects and lists'),
		);
		// a text that is no JSON does not hide what follows it
		await expect(decode(['"', lists(100_000)])).rejects.toMatchObject(tooLarge('100000 texts'));
	},
);

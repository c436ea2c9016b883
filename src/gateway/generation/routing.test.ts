import { expect, it } from 'vitest';
import { CALLER_FORMATS, createMeteredUsage } from '../../protocol/index.ts';
import { DeploymentTable } from '../../providers/index.ts';
import { RoutingSystem } from '../../system/index.ts';
import { ConversationMemory } from './conversation-memory.ts';
import type { GenerationRequest, RequestContext } from './request-context.ts';
import { createRouteOptions, decodeOnce, rememberTurn } from './routing.ts';

it('a request is translated when it must be, and once however many attempts need it', () => {
	let times = 0;
	const chat = CALLER_FORMATS['openai-chat'];
	const counting = {
		...chat,
		decodeRequest: (body: Readonly<Record<string, unknown>>) => {
			times += 1;
			return chat.decodeRequest(body);
		},
	};
	const decoded = decodeOnce(counting, {
		body: { model: 'haiku', messages: [{ role: 'user', content: 'Hi.' }] },
		text: '{}',
	});
	expect(times).toBe(0);
	expect(decoded()).toBe(decoded());
	expect(times).toBe(1);
});

it('reasoning that only its maker can read stays with that maker, and with the very model where it is known', () => {
	const wire = { boundToModel: true, requiredCapabilities: [], session: 's' };
	// As much of a request and its context as routing reads.
	const request = {
		format: CALLER_FORMATS['anthropic-messages'],
		body: {},
		wire,
		hints: { constraints: {} },
	} as unknown as GenerationRequest;
	const memory = new ConversationMemory();
	const context = {
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
	rememberTurn(request, context, { model: 'opus', usage: createMeteredUsage({ inputTokens: 7, outputTokens: 3 }) });
	const options = createRouteOptions(request, context, {});
	expect(options.constraints).toEqual({ requiredCapabilities: [] });
	expect(options.cachedPrefix).toMatchObject({ model: 'opus', tokens: 10, boundToModel: true });
});

it('a body that would take a client library too long to write is refused, not translated', () => {
	const decoded = decodeOnce(CALLER_FORMATS['anthropic-messages'], {
		body: {},
		text: ' '.repeat(12 * 1024 * 1024 + 1),
	});
	expect(decoded).toThrow(expect.objectContaining({ code: 'ROUTER_REQUEST_TOO_LARGE' }));
	expect(decoded).toThrow(/speaks anthropic-messages/);
});

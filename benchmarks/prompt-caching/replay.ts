import { BUILTIN_MODELS, createModelCatalog, priceUsage, resolvePricing } from '../../src/catalog/index.ts';
import { PrefixReuse } from '../../src/learn/index.ts';
import { addBodyBreakpoints, createPromptCachePlanner, type PromptCachePlanner } from '../../src/protocol/index.ts';
import { SimulatedPromptCache } from '../../src/testing/simulator/prompt-cache.ts';
import type { TimedRequest } from './workloads.ts';

/** What a workload's input cost. */
export interface InputCost {
	requests: number;
	/** Nano-dollars. */
	plain: number;
	/** With marks by the rule. */
	marked: number;
	/** With marks on every request, whatever it is. */
	always: number;
	/** Requests that got a mark by the rule. */
	markedRequests: number;
}

const catalog = createModelCatalog(BUILTIN_MODELS);

function pricingOf(modelId: string) {
	const profile = catalog.find(modelId);
	return profile === undefined ? null : resolvePricing(profile);
}

/** Everything that can be marked is: what a router does that does not measure. */
const ALWAYS = {
	forecast: () => ({ within5m: 1, within1h: 1, cached: null }),
	observe: () => {},
	markCached: () => {},
};

function inputCost(requests: readonly TimedRequest[], plan: PromptCachePlanner): { nano: number; marked: number } {
	const cache = new SimulatedPromptCache(1024);
	const measure = new SimulatedPromptCache(0);
	let nano = 0;
	let marked = 0;
	for (const { at, body } of requests) {
		clock.at = at;
		const sent = addBodyBreakpoints(body, plan(body));
		// all of it, by the cache's own count
		const whole = measure.use({ ...body, messages: endMarked(body['messages']) }, at);
		const total = whole === null ? 0 : whole.read + whole.write5m;
		const use = cache.use(sent, at) ?? { read: 0, write5m: 0, write1h: 0 };
		if (sent !== body) marked += 1;
		const usage = {
			inputTokens: Math.max(0, total - use.read - use.write5m - use.write1h),
			cacheReadTokens: use.read,
			cacheWrite5mTokens: use.write5m,
			cacheWrite1hTokens: use.write1h,
			outputTokens: 0,
			reasoningTokens: 0,
		};
		const pricing = pricingOf(String(body['model']));
		if (pricing !== null) nano += priceUsage(usage, pricing, at).inputNanoUsd;
	}
	return { nano, marked };
}

const clock = { at: 0 };

function endMarked(messages: unknown): unknown {
	const list = Array.isArray(messages) ? messages : [];
	return list.map((message: { content: unknown }, index) => {
		if (index < list.length - 1) return message;
		const blocks = Array.isArray(message.content) ? message.content : [{ type: 'text', text: message.content }];
		const last = blocks.length - 1;
		return {
			...message,
			content: blocks.map((block, at) => (at === last ? { ...block, cache_control: { type: 'ephemeral' } } : block)),
		};
	});
}

/** Sends a workload to a simulated cache without marks, with marks by the rule, and with marks everywhere. */
export function replay(requests: readonly TimedRequest[]): InputCost {
	const ports = { getRates: pricingOf, now: () => clock.at };
	const plain = inputCost(requests, () => []);
	const byRule = inputCost(requests, createPromptCachePlanner({ ...ports, memory: new PrefixReuse() }));
	const always = inputCost(requests, createPromptCachePlanner({ ...ports, memory: ALWAYS }));
	return {
		requests: requests.length,
		plain: plain.nano,
		marked: byRule.nano,
		always: always.nano,
		markedRequests: byRule.marked,
	};
}

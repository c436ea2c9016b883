/** Synthetic work, the same at every run: requests to Anthropic's Messages API and when they are sent. */

/** One request of a workload. */
export interface TimedRequest {
	/** Epoch milliseconds. */
	at: number;
	body: Record<string, unknown>;
}

type Message = { role: 'user' | 'assistant'; content: unknown };
type Random = () => number;

const MODEL = 'claude-sonnet-4-5-20250929';
const START = Date.UTC(2026, 10, 2, 9);
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** mulberry32 (public domain): the same numbers for the same seed. */
function randomOf(seed: number): Random {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/** Lognormal tokens: half of them below the median, a heavy tail above. */
function tokens(random: Random, median: number, spread = 0.8): number {
	const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
	return Math.max(20, Math.round(median * Math.exp(spread * normal)));
}

function text(random: Random, count: number): string {
	const word = Math.floor(random() * 1e9).toString(36);
	return `${word} `.padEnd(count * 4, `${word} lorem ipsum `);
}

function exponential(random: Random, mean: number): number {
	return -Math.log(1 - random()) * mean;
}

/** Tasks that share nothing. */
export function oneShotTasks(count = 400, seed = 1): TimedRequest[] {
	const random = randomOf(seed);
	let at = START;
	return Array.from({ length: count }, () => {
		at += exponential(random, 30 * SECOND);
		const content = text(random, tokens(random, 4000));
		return { at, body: { model: MODEL, max_tokens: 1000, messages: [{ role: 'user', content }] } };
	});
}

/** Tasks under one long system prompt. */
export function tasksOfOneProduct(count = 400, seed = 2): TimedRequest[] {
	const random = randomOf(seed);
	const system = text(random, 5000);
	return oneShotTasks(count, seed).map(({ at, body }) => ({ at, body: { ...body, system } }));
}

/** How an agent's sessions go on. */
interface SessionPace {
	/** Milliseconds between two requests of a session. */
	gap: (random: Random) => number;
	turns: (random: Random) => number;
	betweenMs: number;
}

function sessions(count: number, seed: number, pace: SessionPace): TimedRequest[] {
	const random = randomOf(seed);
	const system = text(random, 3000);
	const tools = Array.from({ length: 12 }, (_, index) => ({
		name: `tool_${index}`,
		description: text(random, 250),
		input_schema: { type: 'object', properties: {} },
	}));
	const requests: TimedRequest[] = [];
	let start = START;
	for (let session = 0; session < count; session += 1) {
		start += exponential(random, pace.betweenMs);
		let at = start;
		let messages: Message[] = [{ role: 'user', content: text(random, tokens(random, 400)) }];
		for (let turn = pace.turns(random); turn > 0; turn -= 1) {
			requests.push({ at, body: { model: MODEL, max_tokens: 4000, system, tools, messages } });
			at += pace.gap(random);
			const call = {
				type: 'tool_use',
				id: `call_${session}_${turn}`,
				name: 'tool_1',
				input: { path: text(random, 20) },
			};
			const said = { type: 'text', text: text(random, tokens(random, 150)) };
			const result = { type: 'tool_result', tool_use_id: call.id, content: text(random, tokens(random, 900)) };
			messages = [...messages, { role: 'assistant', content: [said, call] }, { role: 'user', content: [result] }];
		}
	}
	return requests.sort((a, b) => a.at - b.at);
}

/** An agent that calls tools: 5 to 30 requests a session, most within seconds, one gap in twenty of 6 to 20 minutes. */
export function agentSessions(count = 30, seed = 3): TimedRequest[] {
	return sessions(count, seed, {
		gap: (random) => (random() < 0.05 ? (6 + 14 * random()) * MINUTE : exponential(random, 20 * SECOND)),
		turns: (random) => 5 + Math.floor(random() * 26),
		betweenMs: 4 * MINUTE,
	});
}

/** A person who thinks between two questions: 7 to 30 minutes. */
export function slowConversations(count = 30, seed = 4): TimedRequest[] {
	return sessions(count, seed, {
		gap: (random) => (7 + 23 * random()) * MINUTE,
		turns: (random) => 4 + Math.floor(random() * 10),
		betweenMs: 90 * MINUTE,
	});
}

/** As many one-shot tasks as requests of agents. */
export function mixedWork(seed = 5): TimedRequest[] {
	const agents = agentSessions(15, seed);
	return [...oneShotTasks(agents.length, seed), ...agents].sort((a, b) => a.at - b.at);
}

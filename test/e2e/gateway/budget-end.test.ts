import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openTestGateway, simulatedDeployment, type TestGateway } from '../../support/open-scripted-gateway.ts';
import { watchHolds } from '../../support/watch-holds.ts';

let at: TestGateway;
const holds = watchHolds();
beforeAll(async () => {
	at = await openTestGateway({
		deployments: [simulatedDeployment('anthropic', { opus: 'claude-opus-5-5', haiku: 'claude-haiku-5-5' })],
		config: { budget: { dailyLimit: 10, monthlyLimit: 250 } },
	});
});
afterEach(() => setDailyLimit(10));
afterAll(() => at.close());

const setDailyLimit = (usd: number) => at.gateway.gateway.runtime.system.costOptimizer.setBudget(usd, 250);

const TURN = 'Design the architecture of a distributed payment ledger with strict security requirements.';
const COMPACT =
	'CRITICAL: Respond with TEXT ONLY. Your task is to create a detailed summary of the conversation so far.';
const TITLE = 'Generate a concise, sentence-case title (3-7 words) that captures the main topic';

interface Call {
	model?: string;
	system?: string;
	ask?: string;
	maxTokens?: number;
	stream?: boolean;
	headers?: Record<string, string>;
}

async function post(path: string, session: string, call: Call) {
	const { ask = TURN, headers, maxTokens = 2000, model = 'auto', stream = false, system = 'You are careful.' } = call;
	const conversation = path.endsWith('/responses')
		? { instructions: system, input: ask, max_output_tokens: maxTokens }
		: { system, messages: [{ role: 'user', content: ask }], max_tokens: maxTokens };
	const response = await fetch(`${at.url}${path}`, {
		method: 'POST',
		headers: {
			'content-type': 'application/json',
			'x-claude-code-session-id': session,
			session_id: session,
			...headers,
		},
		body: JSON.stringify({ model, stream, ...conversation }),
	});
	return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What a request that is refused must leave as it was. */
async function readMoney() {
	const [money] = await at.query(
		'SELECT (SELECT count(*) FROM cost_tracking) AS rows, (SELECT total(cost_nano) FROM cost_tracking) AS spent',
	);
	return { ...money, granted: holds.length, held: await at.readHeld(), calls: at.simulator.requests.length };
}

const CALLS: ReadonlyArray<readonly [what: string, call: Call]> = [
	['a turn', {}],
	['a turn of a named model', { model: 'opus' }],
	['a compaction, by its header', { headers: { 'x-claude-code-request-class': 'compaction' } }],
	['a compaction, by its text', { ask: COMPACT }],
	['a title', { system: TITLE }],
	['a subagent', { headers: { 'x-claude-code-request-class': 'subagent' } }],
	['a web search', { headers: { 'x-claude-code-request-class': 'web_search' } }],
	['a probe of one token', { system: '', ask: 'Hi', maxTokens: 1 }],
];

it.each(CALLS)(
	'once the budget is spent %s is refused at once, and nothing of it is done or kept',
	async (what, call) => {
		expect((await post('/v1/messages', what, { model: 'opus' })).status).toBe(200);
		const before = await readMoney();
		setDailyLimit(0.000_000_1);
		for (const stream of [false, true]) {
			const refused = await post('/v1/messages', what, { ...call, stream });
			expect(refused.status, refused.text).toBe(402);
			expect(refused.headers.get('content-type')).toContain('application/json');
			expect(JSON.parse(refused.text)).toMatchObject({ type: 'error', error: { type: 'billing_error' } });
		}
		expect(await readMoney()).toEqual({ ...before, held: 0 });
	},
);

it('Codex is told of it in its own words, for a compaction, too', async () => {
	setDailyLimit(0.000_000_1);
	const headers = { 'x-codex-turn-metadata': '{"turn_id":"t","request_kind":"compact"}' };
	const refused = await post('/v1/responses', 'codex', { headers, stream: true });
	expect([refused.status, JSON.parse(refused.text).error.type]).toEqual([429, 'usage_limit_reached']);
});

it('a session whose compaction was refused is compacted by its own model when there is money again', async () => {
	expect((await post('/v1/messages', 'later', { model: 'opus' })).headers.get('x-switchyard-model')).toBe('opus');
	const compaction = { ask: COMPACT };
	setDailyLimit(0.000_000_1);
	expect((await post('/v1/messages', 'later', compaction)).status).toBe(402);
	setDailyLimit(10);
	const compacted = await post('/v1/messages', 'later', compaction);
	expect(compacted.status, compacted.text).toBe(200);
	expect(compacted.headers.get('x-switchyard-model')).toBe('opus');
});

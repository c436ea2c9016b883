import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';

let at: SimulatedGateway;
beforeAll(async () => {
	at = await openSimulatedGateway();
});
afterAll(() => at.close());

const SYSTEM = [
	{ type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.332.ddb; cc_entrypoint=cli;' },
	{ type: 'text', text: `You are Claude Code. ${'Work with care. '.repeat(500)}` },
];
const TITLE = {
	type: 'text',
	text: 'Generate a concise, sentence-case title (3-7 words) that captures the main topic',
};
const HARD =
	'Design the architecture of a distributed payment ledger for production with strict security requirements.';
const COMPACT =
	'CRITICAL: Respond with TEXT ONLY. Your task is to create a detailed summary of the conversation so far.';

interface Call {
	session: string;
	system?: readonly object[];
	ask?: string;
	/** What was said before. */
	earlier?: readonly object[];
	model?: string;
	maxTokens?: number;
	headers?: Record<string, string>;
}

async function call({ session, ask = HARD, earlier = [], headers = {}, ...more }: Call) {
	const { maxTokens = 2000, model = 'auto', system = SYSTEM } = more;
	const body = { model, max_tokens: maxTokens, system, messages: [...earlier, { role: 'user', content: ask }] };
	const { response, text } = await at.post('/v1/messages', body, { 'x-claude-code-session-id': session, ...headers });
	expect(response.status, text).toBe(200);
	const id = response.headers.get('x-switchyard-decision') ?? '';
	const storage = await at.gateway.gateway.runtime.system.flush();
	const decision = await storage.records.decision(id);
	const classes = decision?.features?.filter(({ target }) => target === 'request-class').map(({ name }) => name);
	return {
		model: response.headers.get('x-switchyard-model'),
		classes,
		complexity: decision?.complexity,
		reasons: decision?.reasoning.join('\n') ?? '',
	};
}

/** What a bare probe is answered by: the cheapest of all that compete. */
async function findCheapest(): Promise<string | null> {
	return (await call({ session: 'cheap', system: [], ask: 'Hi', maxTokens: 1 })).model;
}

describe("an agent's own calls where the caller leaves the model to the router", () => {
	it('a title is not paid at the price of the session, and does not change what the session goes on with', async () => {
		const main = await call({ session: 'titled' });
		expect(main.classes).toEqual([]);
		const title = await call({ session: 'titled', system: [...SYSTEM.slice(0, 1), TITLE], ask: HARD });
		expect(title.model).toBe(await findCheapest());
		expect(title.model).not.toBe(main.model);
		expect(title.classes).toEqual(['title']);
		expect(title.reasons).toContain('Request class title');
		const next = await call({ session: 'titled', ask: `${HARD} Go on.` });
		expect(next.model).toBe(main.model);
		expect(next.reasons).toContain(`Staying on ${main.model}`);
	});

	it('a compaction stays with the model that has the conversation cached, though another would be chosen', async () => {
		const started = await call({ session: 'compacted', model: 'opus' });
		expect(started.model).toBe('opus');
		const header = { 'x-claude-code-request-class': 'compaction' };
		expect(await call({ session: 'compacted', ask: 'Say hello', headers: header })).toMatchObject({
			model: 'opus',
			classes: ['compaction'],
		});
		const earlier = [
			{ role: 'user', content: 'Say hello' },
			{ role: 'assistant', content: 'Hello.' },
		];
		const compacted = await call({ session: 'compacted', earlier, ask: COMPACT });
		// by the last words of its user; by those of the prompt it would be critical
		expect(compacted).toMatchObject({ classes: ['compaction'], complexity: 'simple' });
		const fresh = await call({ session: 'never seen', ask: 'Say hello', headers: header });
		expect(fresh.model).not.toBe('opus');
	});

	it.each([
		['/v1/messages', { max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] }],
		['/v1/chat/completions', { max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] }],
		['/v1/chat/completions', { max_completion_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] }],
		['/v1/responses', { max_output_tokens: 16, input: 'Hi' }],
		[
			'/v1/responses',
			{ max_output_tokens: 16, input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }] },
		],
		[
			'/v1beta/models/auto:generateContent',
			{ contents: [{ parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: 1 } },
		],
	])('a probe of %s %j costs as little as it can', async (path, body) => {
		const { response, text } = await at.post(path, path.includes('beta') ? body : { model: 'auto', ...body });
		expect(response.status, text).toBe(200);
		expect(response.headers.get('x-switchyard-model')).toBe(await findCheapest());
	});

	it('a model that is named stays, whatever the call is for', async () => {
		const title = await call({ session: 'named', model: 'opus', system: [TITLE], ask: 'Fix the bug' });
		expect(title).toMatchObject({ model: 'opus', classes: ['title'] });
		expect(title.reasons).not.toContain('Request class');
	});

	it('a policy that is named stays too', async () => {
		const best = await call({ session: 'best', model: 'auto:best', system: [TITLE], ask: HARD });
		expect(best.model).not.toBe(await findCheapest());
	});

	it.each([
		[{ 'x-claude-code-request-class': 'main' }, ['main']],
		[{ 'x-claude-code-request-class': 'side_reply' }, ['side_reply']],
		[{ 'x-codex-turn-metadata': '{"turn_id":"t","request_kind":"compact"}' }, ['compaction']],
		[{ 'x-codex-turn-metadata': '{"request_kind":"something-new"}' }, []],
		[{ 'x-claude-code-request-class': 'something-new' }, []],
	])('the headers %j say %j', async (headers, classes) => {
		expect((await call({ session: 'headers', ask: 'Say hello', headers })).classes).toEqual(classes);
	});

	it('"auxiliary" leaves what the call is for to its shape, and "main" does not', async () => {
		const title = { session: 'shape', system: [TITLE], ask: 'Fix the bug' };
		const auxiliary = { 'x-claude-code-request-class': 'auxiliary' };
		expect((await call({ ...title, headers: auxiliary })).classes).toEqual(['title']);
		expect((await call({ ...title, headers: { 'x-claude-code-request-class': 'main' } })).classes).toEqual(['main']);
	});

	it.each(['x-session-id', 'x-session-affinity'])(
		'a session that opencode names in %s is one conversation',
		async (name) => {
			const post = (model: string, ask: string) =>
				at.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: ask }] }, { [name]: 'ses_1f' });
			await post('opus', HARD.repeat(200));
			const { response } = await post('auto', HARD.repeat(200));
			const decision = await fetch(`${at.gateway.url}/v1/decisions/${response.headers.get('x-switchyard-decision')}`);
			expect(await decision.text()).toContain('opus');
			expect(response.headers.get('x-switchyard-model')).toBe('opus');
		},
	);
});

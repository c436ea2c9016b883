import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZERO_USAGE } from '../../../../src/contracts/index.ts';
import { openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import { callSwitchyard } from '../../../support/switchyard-command.ts';

/** Clears the screen, reverses what follows, begins a new line, hides itself. */
const HOSTILE = 'eve\u001b[2J\u202etxt\u2066\nTOTAL $0.00\u009b8m\u2028\u007f';
const HIDDEN = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

let gateway: SecurityGateway;
beforeAll(async () => {
	const rules = [{ scope: 'tag', of: 'eve\u202e', period: 'day', limit: 5 }];
	gateway = await openSecurityGateway({ config: { budget: { rules }, log: { level: 'debug' } } });
});
afterAll(() => gateway.close());

async function refusal(answer: Response): Promise<{ status: number; text: string }> {
	return { status: answer.status, text: await answer.text() };
}

describe('a caller’s name that would rewrite reports and logs is refused, and the field is named', () => {
	it.each([
		['switchyard.session', { switchyard: { session: HOSTILE } }],
		['switchyard.session', { switchyard: { session: 'a\u202eb' } }],
		['switchyard.tags', { switchyard: { tags: ['good', 'a\u2069b'] } }],
		['switchyard.policy', { switchyard: { policy: 'a\u200fb' } }],
		['switchyard.allowedModels', { switchyard: { allowedModels: ['gpt-5-mini\u0085'] } }],
		['model', { model: 'gpt-5-mini\u061c' }],
		['model', { model: 'gpt-5-mini\u2028' }],
		['user', { user: 'someone\u001b[8m' }],
		['safety_identifier', { safety_identifier: 'a\u007f' }],
		['prompt_cache_key', { prompt_cache_key: 'a\u2029' }],
		['metadata.session_id', { metadata: { session_id: 'a\nb' } }],
		['metadata.user_id', { metadata: { user_id: 'a\u200eb' } }],
		['conversation', { conversation: 'a\u202eb' }],
		['conversation.id', { conversation: { id: 'a\u202eb' } }],
	])('%s in the body: %j', async (field, change) => {
		const before = gateway.witness.requests.length;
		const { status, text } = await refusal(await gateway.chat({}, change));
		expect(status).toBe(400);
		expect(text).toContain(`${field} holds the control character U+`);
		expect(text).not.toMatch(HIDDEN);
		expect(gateway.witness.requests).toHaveLength(before);
	});

	it.each([
		['model', { model: 'x'.repeat(513) }],
		['user', { user: 'x'.repeat(100_000) }],
		['metadata.user_id', { metadata: { user_id: 'x'.repeat(513) } }],
		['conversation', { conversation: 'x'.repeat(513) }],
	])('so is a %s that is too long to be kept', async (field, change) => {
		const { status, text } = await refusal(await gateway.chat({}, change));
		expect([status, text]).toEqual([400, expect.stringContaining(`${field} has `)]);
	});

	it('x-switchyard-session and x-switchyard-tags in headers', async () => {
		for (const header of ['x-switchyard-session', 'x-switchyard-tags']) {
			const { status, text } = await refusal(await gateway.chat({ [header]: 'a\u0085b' }));
			expect([status, text]).toEqual([400, expect.stringContaining(`${header} holds the control character U+0085`)]);
		}
	});

	it('an idempotency key, a model in Gemini’s address, and the name, team and tags of a key', async () => {
		expect((await gateway.chat({ 'idempotency-key': 'a\u0085b' })).status).toBe(400);
		const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];
		const path = `/v1beta/models/${encodeURIComponent('gemini-2.5-flash\u202e')}:generateContent`;
		expect((await gateway.post(path, { contents })).status).toBe(404);
		for (const [what, fields] of [
			['name', { name: HOSTILE }],
			['team', { name: 'x', team: 'a\u202eb' }],
			['tag', { name: 'x', tags: ['a\u2066'] }],
		] as const) {
			const { status, text } = await refusal(await gateway.post('/admin/v1/keys', fields));
			expect([status, text]).toEqual([
				400,
				expect.stringContaining(`The ${what} of a key holds the control character`),
			]);
		}
	});
});

it.each([
	['x-switchyard-max-costs', 'x-switchyard-max-cost'],
	['x-switchyard-tag', 'x-switchyard-tags'],
	['x-switchyard-models', 'allowed-models'],
	['x-switchyard-decision', 'not a routing hint'],
	['x-switchyard_max-cost', 'x-switchyard-max-cost'],
])('a limit under a mistyped name is refused instead of forgotten: %s', async (header, expected) => {
	const before = gateway.witness.requests.length;
	const { status, text } = await refusal(await gateway.chat({ [header]: '1' }));
	expect([status, text]).toEqual([400, expect.stringContaining(expected)]);
	expect(text).toContain(header);
	expect(gateway.witness.requests).toHaveLength(before);
});

it.each([
	['chat', 'x-switchyard-policy', { model: 'gpt-5-mini' }],
	['chat', 'x-switchyard-policy', { model: 'auto:cheap' }],
	['chat', 'switchyard.policy', { model: 'gpt-5-mini', switchyard: { policy: 'chaep' } }],
	['embeddings', 'x-switchyard-policy', { model: 'text-embedding-3-small', input: 'Hi' }],
])('so is a policy that does not exist, whatever else is named: %s with %s, %j', async (path, field, change) => {
	const before = gateway.witness.requests.length;
	const headers = field.startsWith('x-') ? { 'x-switchyard-policy': 'chaep' } : {};
	const answer = path === 'chat' ? gateway.chat(headers, change) : gateway.post('/v1/embeddings', change, headers);
	const { status, text } = await refusal(await answer);
	expect([status, text]).toEqual([400, expect.stringContaining('\\"chaep\\" is no policy')]);
	expect(gateway.witness.requests).toHaveLength(before);
});

it('a name that a program passed past the gateway changes no table, chart, CSV, export or log line', async () => {
	const { system } = gateway.running.gateway.runtime;
	const attribution = { session: HOSTILE, tags: [HOSTILE], team: HOSTILE, key: HOSTILE };
	const usage = { ...ZERO_USAGE, inputTokens: 1000, outputTokens: 100 };
	const executor = async () => ({ usage });
	await system.executeWithRouting('Say hello.', executor, { attribution, hooks: { usageOf: () => usage } });
	const { key } = await gateway.makeKey();
	const { keys } = await system.storage();
	await keys.add({ ...key, id: 'abcdefabcdef', name: HOSTILE, team: HOSTILE, tags: [HOSTILE] });
	system.logger.warn(`A line about ${HOSTILE}`, { session: HOSTILE });
	await system.flush();
	mkdirSync(join(gateway.project.path, 'out'), { recursive: true });
	for (const group of ['session', 'tag', 'team', 'key'])
		for (const form of [[], ['--chart'], ['--csv'], ['--json']]) {
			const { stdout } = await callSwitchyard(gateway.project, ['cost', '--by', group, ...form]);
			expect(stdout, `cost --by ${group} ${form.join()}`).toContain('eve\\u001b[2J\\u202etxt');
			expect(stdout).not.toMatch(HIDDEN);
			expect(stdout).not.toMatch(/^TOTAL/m);
		}
	for (const args of [['keys', 'list'], ['budget'], ['export', '--format', 'csv'], ['export', '--format', 'jsonl']]) {
		const { stdout } = await callSwitchyard(gateway.project, args);
		expect(stdout.replaceAll('\r\n', '\n'), args.join(' ')).not.toMatch(HIDDEN);
		expect(stdout).not.toMatch(/^TOTAL/m);
	}
	const file = join(gateway.project.path, 'out/export.json');
	expect((await callSwitchyard(gateway.project, ['export', '--output', file])).code).toBe(0);
	const log = readFileSync(join(gateway.project.path, '.claude/orchestration/logs/routing.log'), 'utf8');
	for (const text of [log, readFileSync(file, 'utf8')]) {
		expect(text).not.toMatch(HIDDEN);
		expect(text).toContain('\\u202e');
	}
});

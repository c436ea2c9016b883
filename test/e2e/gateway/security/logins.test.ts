import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKey } from '../../../../src/gateway/index.ts';
import { type OpenGateway, openGateway } from '../../../../src/gateway.ts';
import {
	ACCOUNT,
	CHATGPT_TOKEN,
	CLAUDE,
	CLAUDE_TOKEN,
	CODEX,
	createLoginGateway,
	headersOf,
	type LoginGateway,
	MESSAGE,
	OWN_KEY,
} from '../../../support/login-gateway.ts';
import { writeProjectConfig } from '../../../support/open-test-gateway.ts';
import { answerJson, goodAnswer } from '../../../support/provider-witness.ts';
import { callSwitchyard, SWITCHYARD, switchyard } from '../../../support/switchyard-command.ts';

let bench: LoginGateway;
let { project, own, other, login, keyed, post } = {} as LoginGateway;
let running: OpenGateway | null;

beforeEach(async () => {
	bench = await createLoginGateway();
	({ project, own, other, login, keyed, post } = bench);
	running = null;
});
afterEach(() => bench.close());

async function open(...settings: Parameters<LoginGateway['open']>): Promise<OpenGateway> {
	running = await bench.open(...settings);
	return running;
}

function filesBelow(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		return entry.isDirectory() ? filesBelow(path) : [path];
	});
}

/** The places at which a login would be found if it were kept or shown. */
async function expectNowhere(shown: readonly string[]): Promise<void> {
	await running?.gateway.settled();
	await running?.gateway.runtime.system.flush();
	const views = ['/admin/v1/status', '/admin/v1/decisions', '/admin/v1/config', '/metrics'].map(async (path) =>
		(await fetch(`${running?.url}${path}`)).text(),
	);
	const commands = [
		['export', '--format', 'json'],
		['stats', '--json'],
	].map(async (command) => {
		const { stderr, stdout } = await switchyard(project, command);
		return `${stdout}${stderr}`;
	});
	const files = filesBelow(project.path).map((path) => readFileSync(path, 'latin1'));
	const all = [...shown, ...files, ...(await Promise.all([...views, ...commands]))];
	expect(all.length).toBeGreaterThan(8);
	for (const secret of [CLAUDE_TOKEN, CHATGPT_TOKEN, ACCOUNT])
		expect(all.filter((text) => text.includes(secret)).map((text) => text.slice(0, 200))).toEqual([]);
}

describe('the login of a subscription', () => {
	it('goes to its own provider, with what that knows its client by, and nothing else goes along', async () => {
		await open([login('anthropic'), keyed('anthropic')]);
		const { headers, status } = await post('/v1/messages', MESSAGE, CLAUDE);
		expect(status).toBe(200);
		expect(headers.get('x-switchyard-deployment')).toBe('anthropic-plan');
		expect(headersOf(own)).toMatchObject({
			authorization: CLAUDE.authorization,
			'anthropic-beta': CLAUDE['anthropic-beta'],
			'user-agent': CLAUDE['user-agent'],
		});
		expect(headersOf(own)).not.toHaveProperty('cookie');
		expect(headersOf(own)).not.toHaveProperty('x-api-key');
		expect(other.requests).toEqual([]);
	});

	it('of a ChatGPT plan goes with its account, in the format of Codex only', async () => {
		await open([login('openai'), keyed('openai')]);
		const request = { model: 'gpt-5-mini', input: 'Say hello.' };
		expect((await post('/v1/responses', request, CODEX)).status).toBe(200);
		expect(headersOf(own)).toMatchObject({ authorization: CODEX.authorization, 'chatgpt-account-id': ACCOUNT });
		expect(own.requests[0]?.path).toBe('/responses');
		expect(JSON.parse(own.requests[0]?.body ?? '')).toMatchObject({ model: 'gpt-5-mini' });
		const chat = { model: 'gpt-5-mini', messages: MESSAGE.messages };
		expect((await post('/v1/chat/completions', chat, CODEX)).status).toBe(200);
		expect(own.requests).toHaveLength(1);
		expect(JSON.stringify(other.requests)).not.toContain(CHATGPT_TOKEN);
	});

	it.each([
		['another provider’s key', { authorization: 'Bearer sk-proj-of-openai-123456' }],
		['a ChatGPT login', CODEX],
		['no credential', {}],
		['any text', { 'x-api-key': 'local' }],
	])('%s is not passed to Anthropic: the own key is used', async (_name, headers) => {
		await open([login('anthropic'), keyed('anthropic')]);
		expect((await post('/v1/messages', MESSAGE, headers)).status).toBe(200);
		expect(own.requests).toEqual([]);
		expect(headersOf(other)['x-api-key']).toBe(OWN_KEY);
	});

	it('a request without a login is told why its model cannot be called', async () => {
		await open([login('anthropic')]);
		const { status, text } = await post('/v1/messages', MESSAGE, { 'x-api-key': 'local' });
		expect(status).toBe(422);
		expect(text).toContain('login of its own client');
		expect(own.requests).toEqual([]);
	});

	it('never reaches another deployment or provider when its own fails: those are called with their own keys', async () => {
		own.answer = (response) =>
			answerJson(response, { error: { type: 'overloaded_error', message: 'busy' } }, { status: 529 });
		await open([login('anthropic'), keyed('anthropic'), keyed('openai')], { fallbacks: { haiku: ['gpt-5-mini'] } });
		other.answer = (response, request) => {
			if (request.path.includes('/messages')) answerJson(response, { error: { message: 'down' } }, { status: 500 });
			else answerJson(response, goodAnswer(request));
		};
		const answer = await post('/v1/messages', MESSAGE, CLAUDE);
		expect(answer.status, answer.text).toBe(200);
		expect(answer.headers.get('x-switchyard-model')).toBe('gpt-5-mini');
		expect(other.requests.length).toBeGreaterThanOrEqual(2);
		expect(JSON.stringify(other.requests)).not.toContain(CLAUDE_TOKEN);
		expect(JSON.stringify(other.requests)).not.toContain('claude-cli');
	});

	it('follows no redirect', async () => {
		own.answer = (response) => response.writeHead(307, { location: `${other.url}/v1/messages` }).end();
		await open([login('anthropic')], { fallback: { enabled: false, maxAttempts: 1 } });
		expect((await post('/v1/messages', MESSAGE, CLAUDE)).status).toBeGreaterThanOrEqual(500);
		expect(other.requests).toEqual([]);
	});

	it('that is refused is told to its client, which renews it: no key is used in its place, and the next one is tried at once', async () => {
		own.answer = (response) =>
			answerJson(
				response,
				{ type: 'error', error: { type: 'authentication_error', message: 'OAuth token has expired' } },
				{ status: 401 },
			);
		await open([login('anthropic'), keyed('anthropic')]);
		const refused = await post('/v1/messages', MESSAGE, CLAUDE);
		expect(refused.status).toBe(401);
		expect(refused.text).toContain('OAuth token has expired');
		expect(refused.headers.get('x-should-retry')).toBeNull();
		expect(other.requests).toEqual([]);
		own.answer = (response, request) => answerJson(response, goodAnswer(request));
		expect((await post('/v1/messages', MESSAGE, CLAUDE)).headers.get('x-switchyard-deployment')).toBe('anthropic-plan');
	});

	it('is kept and shown nowhere, whatever its provider repeats', async () => {
		const fallback = { enabled: false, maxAttempts: 1 };
		await open([login('anthropic'), login('openai')], { fallback, gateway: { cache: { enabled: true } } });
		const shown: string[] = [];
		const ask = async (path: string, body: object, headers: Record<string, string>) => {
			const answer = await post(path, body, headers);
			shown.push(answer.text, JSON.stringify([...answer.headers]));
		};
		const response = { model: 'gpt-5-mini', input: 'Say hello.' };
		await ask('/v1/messages', MESSAGE, { ...CLAUDE, 'idempotency-key': 'once' });
		await ask('/v1/responses', response, CODEX);
		for (const status of [200, 400, 403, 429, 500]) {
			own.answer = (answer, request) => {
				const { headers: sent } = request;
				const secret = ['authorization', 'chatgpt-account-id'];
				const said = sent.flatMap(([name, value]) => (secret.includes(name.toLowerCase()) ? [value] : [])).join(' ');
				const headers = { 'request-id': said, 'x-codex-plan': said, 'anthropic-ratelimit-unified-status': said };
				const body = status === 200 ? goodAnswer(request) : { error: { message: said, type: said, code: said } };
				answerJson(answer, body, { status, headers });
			};
			// not the request of before: a kept answer would be given again
			await ask('/v1/messages', { ...MESSAGE, max_tokens: status, stream: status === 500 }, CLAUDE);
			await ask('/v1/responses', { ...response, stream: status === 500 }, CODEX);
			await ask('/v1/messages/count_tokens', { model: 'haiku', messages: MESSAGE.messages }, CLAUDE);
		}
		expect(own.requests.length).toBeGreaterThan(5);
		await expectNowhere(shown);
	});

	it('is not part of what a repeated request is known by', async () => {
		await open([login('anthropic')]);
		const first = await post('/v1/messages', MESSAGE, { ...CLAUDE, 'idempotency-key': 'once' });
		const renewed = { ...CLAUDE, authorization: 'Bearer sk-ant-oat01-renewed-token-123456' };
		const repeated = await post('/v1/messages', MESSAGE, { ...renewed, 'idempotency-key': 'once' });
		expect(repeated.headers.get('x-switchyard-idempotency')).toBe('repeated');
		expect(repeated.text).toBe(first.text);
		expect(own.requests).toHaveLength(1);
	});

	it('stands beside a key of the gateway, which has a header of its own', async () => {
		const { gateway } = await open([login('anthropic')], { gateway: { requireKey: true } });
		const { keys } = await gateway.runtime.system.storage();
		const { token } = await createKey(keys, { name: 'mine' }, Date.now());
		expect((await post('/v1/messages', MESSAGE, CLAUDE)).status).toBe(401);
		expect((await post('/v1/messages', MESSAGE, { ...CLAUDE, 'x-switchyard-key': token })).status).toBe(200);
		expect(headersOf(own)['authorization']).toBe(CLAUDE.authorization);
		expect(JSON.stringify(own.requests)).not.toContain(token);
	});

	it('costs nothing that a bill would show: rows say so, and the plan’s windows are shown', async () => {
		const reset = Math.floor(Date.now() / 1000) + 3600;
		own.answer = (response, request) =>
			answerJson(response, goodAnswer(request), {
				headers: {
					'anthropic-ratelimit-unified-5h-utilization': '0.42',
					'anthropic-ratelimit-unified-5h-reset': String(reset),
					'anthropic-ratelimit-unified-7d-utilization': '0.07',
				},
			});
		const { gateway, url } = await open([login('anthropic'), keyed('anthropic')]);
		const answer = await post('/v1/messages', MESSAGE, CLAUDE);
		expect(answer.headers.get('anthropic-ratelimit-unified-5h-utilization')).toBe('0.42');
		await post('/v1/messages', MESSAGE, {});
		await gateway.runtime.system.flush();
		const database = new DatabaseSync(join(project.path, '.claude/orchestration/db/routing.db'), { readOnly: true });
		const rows = database
			.prepare('SELECT reason, cost_nano > 0 AS priced FROM cost_tracking ORDER BY created_at')
			.all();
		database.close();
		expect(rows.map((row) => ({ ...row }))).toEqual([
			{ reason: 'list-price equivalent, not your bill', priced: 1 },
			{ reason: null, priced: 1 },
		]);
		const { deployments } = JSON.parse(await (await fetch(`${url}/admin/v1/status`)).text());
		expect(deployments[0].plan).toEqual([
			{ window: '5h', usedPercent: 42, resetsAt: new Date(reset * 1000).toISOString() },
			{ window: '7d', usedPercent: 7, resetsAt: null },
		]);
		expect(deployments[1]).not.toHaveProperty('plan');
	});

	it.each([
		['0.42', 'ok', '42 % of the 5h window used, resets at '],
		['1', 'warning', '100 % of the 5h window used, resets at '],
	])('doctor tells how far the plan is used up while the gateway runs: %s', async (utilization, status, message) => {
		const reset = Math.floor(Date.now() / 1000) + 3600;
		own.answer = (response, request) =>
			answerJson(response, goodAnswer(request), {
				headers: {
					'anthropic-ratelimit-unified-5h-utilization': utilization,
					'anthropic-ratelimit-unified-5h-reset': String(reset),
				},
			});
		const { port } = await open([login('anthropic')]);
		expect((await post('/v1/messages', MESSAGE, CLAUDE)).status).toBe(200);
		const plan = { id: 'anthropic-plan', kind: 'anthropic', auth: 'passthrough' };
		const examine = async (settings: object, ...flags: string[]) => {
			writeProjectConfig(project, { deployments: [plan], ...settings });
			const { stdout } = await callSwitchyard(project, ['doctor', '--json', ...flags]);
			return JSON.parse(stdout).checks.find(({ name }: { name: string }) => name === plan.id);
		};
		const found = await examine({ gateway: { port } });
		expect(found).toMatchObject({ status, message: expect.stringContaining(message) });
		expect(found.message).toContain(new Date(reset * 1000).toISOString());
		expect(await examine({ gateway: { port } }, '--offline')).toMatchObject({ status: 'skipped' });
		// what listens there is no gateway
		expect(await examine({ gateway: { port: other.port } })).toMatchObject({ status: 'skipped' });
		expect(JSON.stringify(other.requests)).not.toMatch(/authorization|key/i);
	});

	it('doctor says how to read it where the gateway wants a key, and guesses none', async () => {
		const plan = { id: 'anthropic-plan', kind: 'anthropic', auth: 'passthrough' };
		const { port } = await open([login('anthropic')], { gateway: { requireKey: true } });
		writeProjectConfig(project, { deployments: [plan], gateway: { port, requireKey: true } });
		const { stdout } = await callSwitchyard(project, ['doctor', '--json']);
		const found = JSON.parse(stdout).checks.find(({ name }: { name: string }) => name === plan.id);
		expect(found).toMatchObject({ status: 'skipped', message: expect.stringContaining('only with a key') });
		expect(found.fix).toContain(`http://127.0.0.1:${port}/admin/v1/status`);
		expect(found.fix).toContain('switchyard keys create --name doctor --scope read');
	});
});

describe('what serve says to set', () => {
	/** The lines with an address for each company's clients. */
	async function readExports(deployments: object[]): Promise<string[]> {
		writeProjectConfig(project, { deployments });
		const child = project.start(process.execPath, [SWITCHYARD, 'serve', '--port', '0'], {
			env: { OPENAI_API_KEY: OWN_KEY },
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		let said = '';
		for await (const chunk of child.stdout ?? []) {
			said += String(chunk);
			if (said.includes('fixed choice')) break;
		}
		child.kill('SIGKILL');
		return said.split('\n').filter((line) => line.includes('export '));
	}

	it('has no key that makes Claude Code drop the login of its plan', async () => {
		const plan = { id: 'claude-plan', kind: 'anthropic', auth: 'passthrough' };
		const address = /http:\/\/127\.0\.0\.1:\d+/.source;
		const exports = await readExports([plan]);
		expect(exports).toContainEqual(expect.stringMatching(`^ *export ANTHROPIC_BASE_URL=${address}$`));
		expect(exports).toContainEqual(expect.stringMatching(`OPENAI_BASE_URL=${address}/v1 OPENAI_API_KEY=local$`));
		const own = { id: 'own', kind: 'anthropic', apiKey: 'env:OPENAI_API_KEY' };
		expect((await readExports([plan, own])).join()).toContain('ANTHROPIC_API_KEY=local');
	});
});

describe('passing logins on is refused', () => {
	it('where other machines reach the gateway, keys or not', async () => {
		const config = { deployments: [{ id: 'plan', kind: 'anthropic', auth: 'passthrough' }] };
		writeProjectConfig(project, { ...config, gateway: { host: '0.0.0.0', requireKey: true } });
		const opened = openGateway({ projectDirectory: project.path, environment: {}, port: 0, watchConfig: false });
		await expect(opened).rejects.toThrow(/deployments "plan"\.auth: is "passthrough", and gateway\.host is 0\.0\.0\.0/);
	});

	it.each([
		['to another address', { kind: 'anthropic', baseUrl: 'https://collector.example' }, /baseUrl: must be left out/],
		['beside a key', { kind: 'anthropic', apiKey: 'env:SOME_KEY' }, /apiKey: must be left out/],
		['to a provider without logins', { kind: 'azure', resourceName: 'r', models: { opus: 'o' } }, /passes no login on/],
		['to a server of any kind', { kind: 'openai-compatible', preset: 'openrouter' }, /passes no login on/],
	])('%s', async (_name, settings, message) => {
		writeProjectConfig(project, { deployments: [{ id: 'plan', auth: 'passthrough', ...settings }] });
		const { code, stderr } = await callSwitchyard(project, ['config']);
		expect(stderr).toMatch(message);
		expect(code).toBe(2);
	});

	it('by a program of one’s own, too, to any address but loopback', async () => {
		await expect(open([{ ...login('anthropic'), baseUrl: 'https://collector.example' }])).rejects.toThrow(
			/own provider only/,
		);
	});

	it('where there is no client whose login it would be: doctor says so, and runs go elsewhere', async () => {
		writeProjectConfig(project, { deployments: [{ id: 'plan', kind: 'anthropic', auth: 'passthrough' }] });
		const { stdout } = await callSwitchyard(project, ['doctor', '--json']);
		const { checks: findings } = JSON.parse(stdout);
		expect(findings).toContainEqual(expect.objectContaining({ name: 'plan', status: 'skipped' }));
		const run = await callSwitchyard(project, ['run', 'Say hello', '--json']);
		expect(JSON.parse(run.stdout)).toMatchObject({ simulated: true });
	});
});

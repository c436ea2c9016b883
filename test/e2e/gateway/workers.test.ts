import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStorage } from '../../../src/storage/sqlite/index.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../../src/testing/index.ts';
import { chat, until } from '../../support/open-test-gateway.ts';
import { SWITCHYARD, switchyard } from '../../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../../support/temporary-project.ts';

const CONFIG_FOLDER = '.claude/orchestration/routing';
const ALL_TIME = { from: 0, to: Number.MAX_SAFE_INTEGER };

let project: TemporaryProject;
let simulator: ProviderSimulator;
let child: ReturnType<TemporaryProject['start']>;
let url = '';
/** What the process has printed. */
let said = '';

/** Answers slowly. */
let slow: ProviderSimulator;

beforeAll(async () => {
	simulator = await startProviderSimulator();
	slow = await startProviderSimulator({ models: { '*': { tokensPerSecond: 20, text: 'word '.repeat(40) } } });
});
afterAll(async () => {
	await simulator.close();
	await slow.close();
});

/** Ends what is left of a start. */
function end(): void {
	child.kill('SIGKILL');
	project.remove();
}

function writeConfig(settings: object, provider = simulator): void {
	const folder = join(project.path, CONFIG_FOLDER);
	mkdirSync(folder, { recursive: true });
	const providers = { anthropic: { baseUrl: provider.url } };
	writeFileSync(join(folder, 'config.json'), JSON.stringify({ providers, ...settings }));
}

/** Starts the command with two workers; resolves when all of them take requests. */
async function start(settings: object = {}, { port = 0, provider = simulator } = {}): Promise<void> {
	project = createTemporaryProject();
	said = '';
	writeConfig(settings, provider);
	child = project.start(process.execPath, [SWITCHYARD, 'serve', '--port', String(port), '--workers', '2'], {
		env: { ANTHROPIC_API_KEY: 'sk-ant-made-up' },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	for (const stream of [child.stdout, child.stderr])
		stream?.on('data', (chunk: Buffer) => {
			said += chunk.toString();
		});
	await until(() => said.includes('2 workers serve.') || child.exitCode !== null, 'the workers listen', 60_000);
	url = /listens at (\S+)/.exec(said)?.[1] ?? '';
}

async function createKey(...flags: string[]): Promise<{ token: string; id: string }> {
	const made = await switchyard(project, ['keys', 'create', '--name', 'app', '--json', ...flags]);
	const { key, token } = JSON.parse(made.stdout);
	return { token, id: key.id };
}

interface Answer {
	status: number;
	text: string;
}

/** Asks over a connection of its own, so that the workers take turns. */
function ask(
	path: string,
	{ body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const method = body === undefined ? 'GET' : 'POST';
		const asked = httpRequest(`${url}${path}`, {
			agent: false,
			method,
			headers: { 'content-type': 'application/json', ...headers },
		});
		asked.on('error', reject).on('response', (response) => {
			let text = '';
			response.on('error', reject).on('data', (chunk: Buffer) => {
				text += chunk.toString();
			});
			response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
		});
		asked.end(body === undefined ? undefined : JSON.stringify(body));
	});
}

const askAll = (count: number, headers: Record<string, string> = {}): Promise<Answer[]> =>
	Promise.all(
		Array.from({ length: count }, () =>
			ask('/v1/chat/completions', { body: chat('haiku', { max_tokens: 20 }), headers }),
		),
	);

/** Ids of the workers' processes. */
function listWorkers(): number[] {
	const path = `/proc/${child.pid}/task/${child.pid}/children`;
	return readFileSync(path, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

async function readEntries() {
	const storage = await openSqliteStorage({ path: join(project.path, '.claude/orchestration/db/routing.db') });
	const entries = await storage.ledger.entries(ALL_TIME, 1000);
	await storage.close();
	return entries;
}

/** The value of a metric, summed over its labels. */
const readMetric = (text: string, name: string): number =>
	text
		.split('\n')
		.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
		.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);

const asApp = async (...flags: string[]) => ({ authorization: `Bearer ${(await createKey(...flags)).token}` });
const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status);

describe('two workers behind one address', () => {
	let admin: Record<string, string>;
	beforeAll(async () => {
		await start({ gateway: { requireKey: true } });
		admin = await asApp('--scope', 'admin');
	});
	afterAll(end);

	it('hold a key to its limits together, and take its next request when one has ended', async () => {
		const answers = statusesOf(await askAll(16, await asApp('--rpm', '5')));
		expect(answers.filter((status) => status === 200)).toHaveLength(5);
		expect(answers.filter((status) => status === 429)).toHaveLength(11);
		const oneByOne = await asApp('--parallel', '1');
		for (let index = 0; index < 4; index += 1) expect(statusesOf(await askAll(1, oneByOne))).toEqual([200]);
	});

	it('refuse a revoked key at once', async () => {
		const { id, token } = await createKey();
		const headers = { authorization: `Bearer ${token}` };
		expect(statusesOf(await askAll(6, headers))).toEqual(Array(6).fill(200));
		expect((await ask(`/admin/v1/keys/${id}/revoke`, { body: {}, headers: admin })).status).toBe(200);
		expect(statusesOf(await askAll(6, headers))).toEqual(Array(6).fill(401));
	});

	it('hold to a limit that is set in one of them from the next request on', async () => {
		const headers = await asApp();
		const body = { scope: 'all', period: 'day', limitUsd: 0 };
		expect((await ask('/admin/v1/budgets/set', { body, headers: admin })).status).toBe(200);
		expect(statusesOf(await askAll(8, headers))).toEqual(Array(8).fill(429));
		expect((await ask('/admin/v1/budgets/clear', { body: { id: 'all per day' }, headers: admin })).status).toBe(200);
		expect(statusesOf(await askAll(8, headers))).toEqual(Array(8).fill(200));
	});

	it('each show the metrics of both, and answer a repeated request once', async () => {
		const headers = await asApp();
		const read = async () => readMetric((await ask('/metrics', { headers: admin })).text, 'switchyard_attempts_total');
		const before = await read();
		expect(statusesOf(await askAll(10, headers))).toEqual(Array(10).fill(200));
		expect([await read(), await read()]).toEqual([before + 10, before + 10]);
		const texts = new Set<string>();
		for (let index = 0; index < 3; index += 1)
			for (const { text } of await askAll(1, { ...headers, 'idempotency-key': 'one-and-the-same' })) texts.add(text);
		expect(texts.size).toBe(1);
		expect(await read()).toBe(before + 11);
	});

	it('read the configuration again when one is asked to, and never spend more than a limit they share', async () => {
		const headers = await asApp();
		writeConfig({ gateway: { requireKey: true }, budget: { dailyLimit: -1 } });
		const refused = await ask('/admin/v1/config/reload', { body: {}, headers: admin });
		expect(refused).toMatchObject({ status: 422, text: expect.stringContaining('dailyLimit') });
		const spent = () =>
			readEntries().then((rows) => rows.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0));
		const limit = (await spent()) + 2_000_000;
		writeConfig({ gateway: { requireKey: true }, budget: { dailyLimit: limit / 1e9 } });
		expect((await ask('/admin/v1/config/reload', { body: {}, headers: admin })).status).toBe(200);
		expect([...new Set(statusesOf(await askAll(60, headers)))].sort()).toEqual([200, 429]);
		expect(await spent()).toBeLessThanOrEqual(limit);
		writeConfig({ gateway: { requireKey: true } });
		expect((await ask('/admin/v1/config/reload', { body: {}, headers: admin })).status).toBe(200);
	});

	it('go on when one dies, and another takes its place', async () => {
		const headers = await asApp();
		const [victim = 0] = listWorkers();
		process.kill(victim, 'SIGKILL');
		await until(() => said.includes('A worker died'), 'the death is told', 10_000);
		expect(statusesOf(await askAll(4, headers))).toEqual(Array(4).fill(200));
		await until(() => listWorkers().length === 2, 'another worker is there', 20_000);
		expect(listWorkers()).not.toContain(victim);
	});
});

describe('switchyard serve --workers 2', () => {
	afterEach(end);

	it('SIGTERM lets requests under way end, at every worker, and ends with exit code 0', async () => {
		await start({}, { provider: slow });
		slow.reset();
		const running = askAll(4);
		await until(() => slow.requests.length >= 4, 'the requests are under way', 10_000);
		const ended = once(child, 'exit');
		child.kill('SIGTERM');
		const [code] = await ended;
		expect(statusesOf(await running)).toEqual(Array(4).fill(200));
		expect(code).toBe(0);
	});

	it('a second signal ends all of them at once', async () => {
		await start({}, { provider: slow });
		slow.reset();
		const stream = () => ask('/v1/chat/completions', { body: chat('haiku', { stream: true, max_tokens: 400 }) });
		const running = Promise.allSettled([stream(), stream()]);
		await until(() => slow.requests.length >= 2, 'the requests are under way', 10_000);
		const workers = listWorkers();
		const ended = once(child, 'exit');
		child.kill('SIGINT');
		await until(() => said.includes('Stopping on SIGINT'), 'the first signal is told', 10_000);
		child.kill('SIGINT');
		await ended;
		expect((await running).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
		const isAlive = (pid: number) => {
			try {
				return process.kill(pid, 0);
			} catch {
				return false;
			}
		};
		await until(() => !workers.some(isAlive), 'the workers are gone', 5_000);
	});

	it('says why it cannot begin once, as without workers', async () => {
		const taken = createServer();
		await once(taken.listen(0, '127.0.0.1'), 'listening');
		const address = taken.address();
		const port = typeof address === 'object' && address !== null ? address.port : 0;
		await start({}, { port });
		taken.close();
		expect(child.exitCode).toBe(2);
		expect(said.match(/is in use by another program/g)).toHaveLength(1);
	});
});

describe('a number of workers that cannot be', () => {
	it.each(['0', 'abc'])('%s is refused with what may be written', async (count) => {
		project = createTemporaryProject();
		const { code, stderr } = await switchyard(project, ['serve', '--workers', count]);
		project.remove();
		expect(code).toBe(2);
		expect(stderr).toContain(`"${count}" is no number of workers. Write one from 1 to 256`);
	});
});

describe('a browser of somebody who signs in to the dashboard', () => {
	afterEach(end);

	it('is known to every worker, and to none once it has signed out', async () => {
		await start({ gateway: { requireKey: true } });
		const { token } = await createKey('--scope', 'read');
		const signedIn = await fetch(`${url}/dashboard/session`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ key: token }),
		});
		const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
		const look = async () => (await ask('/admin/v1/overview', { headers: { cookie } })).status;
		const lookOften = async () => [await look(), await look(), await look(), await look()];
		await until(async () => (await lookOften()).every((status) => status === 200), 'every worker knows the session');
		const { text } = await ask('/dashboard/session', { headers: { cookie } });
		const { csrfToken } = JSON.parse(text);
		const signedOut = await ask('/dashboard/sign-out', { body: {}, headers: { cookie, 'x-csrf-token': csrfToken } });
		expect(signedOut.status).toBe(200);
		await until(async () => (await lookOften()).every((status) => status === 401), 'no worker knows the session');
	});
});

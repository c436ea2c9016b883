import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSecurityGateway, PROVIDER_KEY, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import { answerJson, goodAnswer } from '../../../support/provider-witness.ts';
import { switchyard } from '../../../support/switchyard-command.ts';

/** Planted, and looked for everywhere; none has a shape by which it could be guessed. */
const CANARIES = {
	providerKey: PROVIDER_KEY,
	prompt: 'canary prompt about marmalade',
	system: 'canary system about quinces',
	authorization: 'canary.callers-own.authorization',
	cookie: 'canary-callers-cookie',
	webhookSecret: 'canary.webhook.secret.0042',
	tool: 'canary_tool_argument',
} as const;

let gateway: SecurityGateway;
let token: string;
let reader: string;
/** Everything a caller or a manager was shown. */
const shown: string[] = [];

async function show(answer: Promise<Response>): Promise<number> {
	const { headers, status, text } = await answer.then(async (response) => ({
		headers: JSON.stringify([...response.headers]),
		status: response.status,
		text: await response.text(),
	}));
	shown.push(headers, text);
	return status;
}

const messages = [
	{ role: 'system', content: CANARIES.system },
	{ role: 'user', content: CANARIES.prompt },
];
const tools = [
	{
		type: 'function',
		function: { name: 'f', description: CANARIES.tool, parameters: { type: 'object', properties: {} } },
	},
];

/** Requests that end well and in every kind of failure, each with everything that is secret in it. */
async function ask(): Promise<void> {
	const headers = {
		'x-api-key': token,
		authorization: `Bearer ${CANARIES.authorization}`,
		cookie: `session=${CANARIES.cookie}`,
	};
	expect(await show(gateway.chat({ ...headers, 'idempotency-key': 'once' }, { messages, tools }))).toBe(200);
	expect(await show(gateway.chat({ ...headers, 'idempotency-key': 'stream' }, { messages, stream: true }))).toBe(200);
	const anthropic = { model: 'haiku', max_tokens: 20, system: CANARIES.system, messages: messages.slice(1) };
	expect(await show(gateway.post('/v1/messages', anthropic, headers))).toBe(200);
	expect(await show(gateway.post('/v1/messages', { ...anthropic, model: 'gpt-5-mini' }, headers))).toBe(200);
	await show(gateway.chat(headers, { messages: CANARIES.prompt }));
	await show(gateway.chat(headers, { messages, model: 'no-such-model' }));
	await show(gateway.post('/v1/chat/completions', `{"model": "gpt-5-mini", "messages": "${CANARIES.prompt}`, headers));
	await show(gateway.chat({ ...headers, 'x-api-key': `${token}x` }, { messages }));
}

/** A provider that repeats the key it was called with, wherever it can. */
async function fail(status: number): Promise<void> {
	const key = CANARIES.providerKey;
	gateway.witness.answer = (response) =>
		answerJson(
			response,
			{
				error: { message: `${'x'.repeat(280)} bad key ${key} (Bearer ${key})`, type: `type ${key}`, code: `c-${key}` },
			},
			{ status, headers: { 'request-id': key, 'x-request-id': key, 'www-authenticate': key } },
		);
	const headers = { 'x-api-key': token };
	for (const [path, body] of [
		['/v1/chat/completions', { model: 'gpt-5-mini', messages }],
		['/v1/chat/completions', { model: 'gpt-5-mini', messages, stream: true }],
		['/v1/messages', { model: 'gpt-5-mini', max_tokens: 20, messages: messages.slice(1) }],
		['/v1/messages', { model: 'gpt-5-mini', max_tokens: 20, messages: messages.slice(1), stream: true }],
		['/v1/messages/count_tokens', { model: 'haiku', messages: messages.slice(1) }],
	] as const)
		expect(await show(gateway.post(path, body, headers))).toBeGreaterThanOrEqual(400);
}

async function look(): Promise<void> {
	const paths = ['/metrics', '/readyz', '/v1/models', '/admin/v1/status', '/admin/v1/config', '/admin/v1/keys'];
	for (const path of [...paths, '/admin/v1/decisions', '/admin/v1/budgets', '/admin/v1/nothing'])
		await show(fetch(`${gateway.url}${path}`, { headers: { 'x-api-key': reader } }));
	const list = await fetch(`${gateway.url}/admin/v1/decisions`, { headers: { 'x-api-key': reader } });
	const { decisions }: { decisions: Array<{ id: string }> } = JSON.parse(await list.text());
	expect(decisions.length).toBeGreaterThan(3);
	for (const { id } of decisions)
		await show(fetch(`${gateway.url}/admin/v1/decisions/${id}`, { headers: { 'x-api-key': reader } }));
}

beforeAll(async () => {
	gateway = await openSecurityGateway({
		config: {
			gateway: { requireKey: true, cache: { enabled: true } },
			log: { level: 'debug' },
			budget: { notify: { webhook: { url: 'http://127.0.0.1:9/hook', secret: 'env:HOOK_SECRET' } } },
		},
		environment: { HOOK_SECRET: CANARIES.webhookSecret },
	});
	token = (await gateway.makeKey()).token;
	reader = (await gateway.makeKey({ scopes: ['admin'] })).token;
	await ask();
	// What makes a deployment rest comes last.
	for (const status of [400, 422, 500, 401]) await fail(status);
	gateway.witness.answer = (response, request) => answerJson(response, goodAnswer(request));
	await look();
	await gateway.running.gateway.settled();
	await gateway.running.gateway.runtime.system.flush();
});
afterAll(() => gateway.close());

/** Every file of the project, also what the database has not merged yet. */
function filesBelow(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		return entry.isDirectory() ? filesBelow(path) : [path];
	});
}

/** The halves of keys that must never be seen whole. */
const secrets = (): Array<[string, string]> => [
	...Object.entries(CANARIES),
	['the secret of a key', token.slice(19)],
	['the secret of an admin’s key', reader.slice(19)],
];

describe('a secret that went through the gateway', () => {
	it('lies in no file: database, its journal, log', () => {
		const files = filesBelow(gateway.project.path).map((path) => [path, readFileSync(path, 'latin1')] as const);
		expect(files.some(([path, text]) => path.endsWith('routing.db') && text.length > 0)).toBe(true);
		expect(files.some(([path]) => path.endsWith('-wal'))).toBe(true);
		expect(files.some(([path, text]) => path.includes('logs') && text.includes('error'))).toBe(true);
		for (const [name, secret] of secrets())
			for (const [path, text] of files) expect([name, path, text.includes(secret)]).toEqual([name, path, false]);
	});

	it('stands in no answer, header, error, metric or view of the admin API', () => {
		expect(shown.length).toBeGreaterThan(60);
		for (const [name, secret] of secrets())
			expect([name, shown.filter((text) => text.includes(secret)).map((text) => text.slice(0, 200))]).toEqual([
				name,
				[],
			]);
	});

	it('is printed by no command', async () => {
		const commands = [
			['config', '--json'],
			['export', '--format', 'json'],
			['export', '--format', 'csv'],
			['keys', 'list', '--json'],
			['stats', '--json'],
			['cost', '--json'],
			['budget', '--json'],
		];
		const env = { HOOK_SECRET: CANARIES.webhookSecret, OPENAI_API_KEY: CANARIES.providerKey };
		for (const command of commands) {
			const { stderr, stdout } = await switchyard(gateway.project, command, { env });
			expect(stdout.length + stderr.length).toBeGreaterThan(0);
			for (const [name, secret] of secrets())
				expect([command, name, `${stdout}${stderr}`.includes(secret)]).toEqual([command, name, false]);
		}
	});
});

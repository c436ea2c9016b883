import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTING_HINT_HEADERS } from '../../src/gateway/request/routing-hints.ts';
import { openSimulatedGateway, type SimulatedGateway } from '../support/open-simulated-gateway.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const blocks = (text: string, language: string) =>
	[...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');

const WRITTEN = 'http://127.0.0.1:4141';

/** The variables that a block of shell exports. */
function exported(block: string): Record<string, string> {
	const lines = [...block.matchAll(/^export (\w+)=(\S+)/gm)];
	return Object.fromEntries(lines.map((match) => [match[1] ?? '', match[2] ?? '']));
}

describe('what the gateway guide tells to type works as written', () => {
	let opened: SimulatedGateway;
	beforeAll(async () => {
		opened = await openSimulatedGateway();
	});
	afterAll(() => opened.close());
	const here = (text: string) => text.replaceAll(WRITTEN, opened.gateway.url);

	it('Claude Code: its requests, with the variables of the page', async () => {
		const page = read('docs/guide/gateway/claude-code.md');
		const variables = exported(blocks(page, 'bash')[0] ?? '');
		const headers = {
			authorization: `Bearer ${variables['ANTHROPIC_AUTH_TOKEN']}`,
			'anthropic-version': '2023-06-01',
			'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
			'x-claude-code-session-id': '01a215c3-548b-4c7a-bd51-08ed65f194b0',
		};
		const tool = { name: 'Read', description: 'Reads a file.', input_schema: { type: 'object', properties: {} } };
		const body = {
			max_tokens: 500,
			system: [{ type: 'text', text: 'You are Claude Code.', cache_control: { type: 'ephemeral' } }],
			tools: [tool],
			messages: [{ role: 'user', content: [{ type: 'text', text: 'Fix the login bug' }] }],
		};
		const base = here(variables['ANTHROPIC_BASE_URL'] ?? '').replace(opened.gateway.url, '');
		for (const name of ['ANTHROPIC_MODEL', 'ANTHROPIC_DEFAULT_HAIKU_MODEL']) {
			const request = { ...body, model: variables[name], stream: true };
			const { response, text } = await opened.post(`${base}/v1/messages?beta=true`, request, headers);
			expect(response.status, text).toBe(200);
			expect(text).toContain('event: message_stop');
		}
		const { max_tokens: _limit, ...counted } = body;
		const count = await opened.post(`${base}/v1/messages/count_tokens`, { ...counted, model: 'auto' }, headers);
		expect(JSON.parse(count.text)).toEqual({ input_tokens: expect.any(Number) });
		expect(count.response.headers.get('x-switchyard-estimated')).toBe('true');
	});

	it('Codex: its requests, with the address and model of the page', async () => {
		const [settings = ''] = blocks(read('docs/guide/gateway/codex.md'), 'toml');
		const setting = (name: string) => new RegExp(`^${name} = "(.+)"$`, 'm').exec(settings)?.[1] ?? '';
		expect(setting('wire_api')).toBe('responses');
		const base = here(setting('base_url')).replace(opened.gateway.url, '');
		const { response, text } = await opened.post(
			`${base}/responses`,
			{
				model: setting('model'),
				instructions: 'You are a coding agent.',
				input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Fix the login bug' }] }],
				tools: [{ type: 'function', name: 'shell', parameters: { type: 'object', properties: {} }, strict: false }],
				tool_choice: 'auto',
				parallel_tool_calls: false,
				reasoning: { effort: 'medium', summary: 'auto' },
				store: false,
				stream: true,
				include: ['reasoning.encrypted_content'],
				prompt_cache_key: '01a215c3-548b-4c7a-bd51-08ed65f194b0',
			},
			{ authorization: 'Bearer local' },
		);
		expect(response.status, text).toBe(200);
		expect(text).toContain('event: response.completed');
	});

	it('documents every routing hint, and no other', () => {
		const told = [...read('docs/guide/gateway.md').matchAll(/^\| `\w+` \| `(x-switchyard-[\w-]+)` \|/gm)];
		expect(told.map((match) => match[1]).sort()).toEqual([...ROUTING_HINT_HEADERS].sort());
	});
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readImport } from './import-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
async function importText(program: Parameters<typeof readImport>[0], text: string) {
	count += 1;
	const path = join(folder, `source-${count}`);
	writeFileSync(path, text);
	return await readImport(program, path);
}

const LITELLM = `
# the team's proxy
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o-eu
      api_base: https://team-europe.openai.azure.com/
      api_key: os.environ/AZURE_API_KEY_EU
      api_version: "2024-10-21"
      rpm: 6
    model_info: { base_model: azure/gpt-4o }
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o-ca
      api_base: https://team-canada.openai.azure.com/
      api_key: "sk-literal-1234567890abcdef"
      api_version: "2024-10-21"
      rpm: 18
  - model_name: smart
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY, temperature: 0.2 }
  - model_name: own
    litellm_params: { model: openai/facebook/opt-125m, api_base: "http://10.0.0.7:4000/v1" }
    model_info: { input_cost_per_token: 0.0000002, output_cost_per_token: 0.0000004, max_input_tokens: 16000 }
  - model_name: claude-bedrock
    litellm_params: { model: bedrock/us.anthropic.claude-opus-4-5-20251101-v1:0, aws_region_name: us-east-1 }
  - model_name: command
    litellm_params: { model: cohere/command-r, api_key: os.environ/COHERE_API_KEY }
router_settings:
  routing_strategy: latency-based-routing
  model_group_alias: { team: gpt-4o }
  num_retries: 2
  timeout: 30
  cooldown_time: 30
  fallbacks: [{ gpt-4o: [smart, nowhere] }]
litellm_settings:
  drop_params: true
  max_budget: 100
  budget_duration: 30d
general_settings:
  master_key: sk-1234567890
`;

describe('who comes from LiteLLM', () => {
	it.each([
		[
			'"*"',
			'openai/*',
			/model_list\[0\]\.model_name .*"\*" takes names by a pattern/,
			{ openai: { apiKey: 'env:OPENAI_API_KEY' } },
		],
		['"*"', '"*"', /model_list\[0\] .*every model of every provider/, undefined],
		['"my-*"', 'openai/gpt-*', /"my-\*" takes names by a pattern/, { openai: { apiKey: 'env:OPENAI_API_KEY' } }],
	])('is told that model_name %s for %s does not take any name here', async (name, model, told, providers) => {
		const list = `- { model_name: ${name}, litellm_params: { model: ${model}, api_key: os.environ/OPENAI_API_KEY } }`;
		const named = '- { model_name: own, litellm_params: { model: anthropic/claude-sonnet-4-5 } }';
		const { config, notCarried } = await importText('litellm', `model_list:\n  ${list}\n  ${named}\n`);
		expect(notCarried.map(({ place, reason }) => `${place} ${reason}`)).toEqual([expect.stringMatching(told)]);
		expect(config.providers?.openai).toEqual(providers?.openai);
	});

	it('and hears nothing of a pattern that is a provider’s whole list', async () => {
		const list = '- { model_name: openai/*, litellm_params: { model: openai/*, api_key: os.environ/OPENAI_API_KEY } }';
		expect((await importText('litellm', `model_list:\n  ${list}\n`)).notCarried).toEqual([]);
	});

	it('keeps models, addresses, shares of the requests, fallbacks, aliases, retries, times and budget', async () => {
		const { config } = await importText('litellm', LITELLM);
		expect(config.providers).toEqual({ anthropic: { apiKey: 'env:ANTHROPIC_API_KEY' } });
		const azure = { kind: 'azure', apiVersion: '2024-10-21' };
		expect(config.deployments).toEqual([
			{
				...azure,
				id: 'azure',
				apiKey: 'env:AZURE_API_KEY_EU',
				resourceName: 'team-europe',
				models: { 'gpt-4o': 'gpt-4o-eu' },
			},
			{
				...azure,
				id: 'azure-2',
				apiKey: 'env:AZURE_API_KEY',
				resourceName: 'team-canada',
				weight: 3,
				models: { 'gpt-4o': 'gpt-4o-ca' },
			},
			{
				id: '10.0.0.7',
				kind: 'openai-compatible',
				auth: 'none',
				baseUrl: 'http://10.0.0.7:4000/v1',
				models: { own: 'facebook/opt-125m' },
			},
			{
				id: 'bedrock',
				kind: 'bedrock',
				region: 'us-east-1',
				models: { opus: 'us.anthropic.claude-opus-4-5-20251101-v1:0' },
			},
		]);
		expect(config.fallbacks).toEqual({ 'gpt-4o': ['sonnet'] });
		expect(config.fallback).toEqual({ maxAttempts: 3, timeout: 30_000 });
		expect(config.budget).toEqual({ monthlyLimit: 100 });
		expect(config.gateway).toEqual({ allowedPrivateHosts: ['10.0.0.7'], requireKey: true });
		expect(config.models).toContainEqual({ name: 'gpt-4o', aliases: ['team'] });
		expect(config.models).toContainEqual({ name: 'sonnet', aliases: ['claude-sonnet-4.5', 'smart'] });
		const own = { name: 'own', contextWindow: 16_000, costPer1kInputTokens: 0.0002, costPer1kOutputTokens: 0.0004 };
		expect(config.models).toContainEqual(expect.objectContaining(own));
	});

	it('is told of everything that was left out: where it stands, and why', async () => {
		const { notCarried } = await importText('litellm', LITELLM);
		const said = notCarried.map(({ place, reason }) => `${place}: ${reason}`);
		const left: RegExp[] = [
			/^model_list\[2\]\.litellm_params\.temperature \(line 20\): has no counterpart/,
			/^model_list\[5\] \(line 26\): there is no deployment kind for the provider "cohere"/,
			/^router_settings\.routing_strategy \(line 29\): deployments of a model share/,
			/^router_settings\.cooldown_time/,
			/^router_settings\.fallbacks\[0\]\.gpt-4o\[1\] .*not imported$/,
			/^general_settings\.master_key .*keys create/,
		];
		expect(said).toEqual(left.map((pattern) => expect.stringMatching(pattern)));
	});

	it('finds no key of the file in what is made of it, but the variable that is to hold it', async () => {
		const result = await importText('litellm', LITELLM);
		expect(JSON.stringify(result)).not.toMatch(/sk-literal|sk-1234/);
		expect(result.keys).toEqual([
			{ variable: 'AZURE_API_KEY', place: 'model_list[1].litellm_params.api_key (line 16)' },
		]);
	});

	it('keeps two keys of one provider apart', async () => {
		const entry = (name: string, key: string) =>
			`  - { model_name: ${name}, litellm_params: { model: groq/${name}, api_key: ${key} } }\n`;
		const text = `model_list:\n${entry('a', 'key-one')}${entry('b', 'key-two')}${entry('c', 'key-one')}`;
		const { config, keys } = await importText('litellm', text);
		expect(config.deployments?.map(({ apiKey, models }) => [apiKey, models])).toEqual([
			['env:GROQ_API_KEY', { a: 'a', c: 'c' }],
			['env:GROQ_API_KEY_2', { b: 'b' }],
		]);
		expect(keys.map(({ variable }) => variable)).toEqual(['GROQ_API_KEY', 'GROQ_API_KEY_2']);
	});

	it('gets an address out of a variable only where that is set, and is told', async () => {
		const text =
			'model_list: [{ model_name: m, litellm_params: { model: hosted_vllm/m, api_base: os.environ/VLLM_BASE } }, { model_name: n, litellm_params: { model: groq/n } }]';
		const without = await importText('litellm', text);
		expect(without.notCarried).toEqual([expect.objectContaining({ reason: expect.stringContaining('set VLLM_BASE') })]);
		vi.stubEnv('VLLM_BASE', 'http://127.0.0.1:9000/v1');
		const set = await importText('litellm', text);
		vi.unstubAllEnvs();
		expect(set.config.deployments?.[0]).toMatchObject({ preset: 'vllm', baseUrl: 'http://127.0.0.1:9000/v1' });
	});

	it('does not lose a model whose name means another one here', async () => {
		const { config, notCarried } = await importText(
			'litellm',
			'model_list: [{ model_name: gpt-4, litellm_params: { model: groq/llama-3 } }]',
		);
		expect(config.models?.map(({ name }) => name)).toEqual(['llama-3']);
		expect(notCarried).toEqual([expect.objectContaining({ reason: expect.stringContaining('ask for "llama-3"') })]);
	});
});

const CCR = `{
  // the usual file
  "APIKEY": "your-secret-key", "PROXY_URL": "http://127.0.0.1:7890", "LOG": true, "API_TIMEOUT_MS": 600000,
  "Providers": [
    { "name": "openrouter", "api_base_url": "https://openrouter.ai/api/v1/chat/completions", "api_key": "sk-or-literal123456",
      "models": ["anthropic/claude-sonnet-4.5", "anthropic/claude-3.7-sonnet:thinking"], "transformer": { "use": ["openrouter"] } },
    { "name": "deepseek", "api_base_url": "https://api.deepseek.com/chat/completions", "api_key": "$DEEPSEEK_KEY",
      "models": ["deepseek-chat"], "transformer": { "use": ["deepseek"], "deepseek-chat": { "use": ["tooluse"] } } },
    { "name": "glm", "api_base_url": "https://glm.example/api/anthropic/v1/messages", "api_key": "\${GLM_KEY}",
      "models": ["glm-4.5"], "transformer": { "use": ["Anthropic", ["maxtoken", { "max_tokens": 65536 }]] } },
    { "name": "ollama", "api_base_url": "http://localhost:11434/v1/chat/completions", "api_key": "ollama", "models": ["qwen:latest"] },
  ],
  "Router": { "default": "deepseek,deepseek-chat", "background": "ollama,qwen:latest", "longContextThreshold": 60000,
    "think": "glm,glm-4.5", "webSearch": "gemini,gemini-2.5-flash" },
}`;

describe('who comes from claude-code-router', () => {
	it('keeps providers by the format they speak, and asks for models and routes by the names of before', async () => {
		const { config, keys } = await importText('claude-code-router', CCR);
		expect(config.deployments).toMatchObject([
			{ id: 'openrouter', preset: 'openrouter', apiKey: 'env:OPENROUTER_API_KEY' },
			{ id: 'deepseek', preset: 'deepseek', apiKey: 'env:DEEPSEEK_KEY' },
			{ id: 'glm', kind: 'anthropic', baseUrl: 'https://glm.example/api/anthropic', apiKey: 'env:GLM_KEY' },
			{ id: 'ollama', kind: 'openai-compatible', auth: 'none', baseUrl: 'http://localhost:11434/v1' },
		]);
		expect(config.deployments?.[0]?.models).toMatchObject({ sonnet: 'anthropic/claude-sonnet-4.5' });
		const aliases = Object.fromEntries((config.models ?? []).map((model) => [model.name, model.aliases]));
		expect(aliases['deepseek-chat']).toEqual(['deepseek,deepseek-chat', 'ccr-default']);
		expect(aliases['qwen:latest']).toEqual(['ollama,qwen:latest', 'ccr-background']);
		expect(config.models).toContainEqual(
			expect.objectContaining({ name: 'glm-4.5', maxOutputTokens: 65_536, supportsExtendedThinking: true }),
		);
		expect(config).toMatchObject({ defaultModel: 'deepseek-chat', fallback: { timeout: 600_000 } });
		expect(keys.map(({ variable }) => variable)).toEqual(['OPENROUTER_API_KEY']);
		expect(JSON.stringify(config)).not.toMatch(/sk-or|your-secret/);
	});

	it('is told of everything that was left out', async () => {
		const { notCarried } = await importText('claude-code-router', CCR);
		expect(notCarried.map(({ place }) => place.replace(/ \(line \d+\)$/, ''))).toEqual([
			'APIKEY',
			'PROXY_URL',
			'Providers[1].transformer.deepseek-chat.use[0]',
			'Router.longContextThreshold',
			'Router.webSearch',
		]);
	});
});

describe('a bad file gets one clear error', () => {
	it.each([
		['litellm', 'model_list: [', /is not YAML: line 1, column \d+: /],
		['litellm', 'model_list: gpt-4o', /model_list \(line 1\) must be a list, not "gpt-4o"\./],
		['litellm', 'Providers: []', /has no model_list: it is no configuration of litellm\./],
		['litellm', '- a\n- b', /the file \(line 1\) must be an object, not a list of 2\./],
		[
			'litellm',
			'model_list: [{ model_name: a }]',
			/no model that can be carried:\n- model_list\[0\].*needs a model_name/,
		],
		[
			'litellm',
			'model_list: [{ model_name: a, litellm_params: { model: sagemaker/x } }]',
			/no model that can be carried:\n- model_list\[0\] \(line 1\): .*"sagemaker"/,
		],
		[
			'litellm',
			'model_list: [{ model_name: a, litellm_params: { model: groq/x, rpm: many } }]',
			/model_list\[0\]\.litellm_params\.rpm \(line 1\) must be a number of 0 or more, not "many"\./,
		],
		['claude-code-router', '{ "Providers": {} }', /Providers \(line 1\) must be a list, not an object\./],
		['claude-code-router', '{ "model_list": [] }', /has no Providers: it is no configuration of claude-code-router\./],
		['claude-code-router', '{ "Providers": [ }', /is not JSON: line 1/],
		[
			'claude-code-router',
			'{ "Providers": [{ "name": "a", "api_base_url": "ftp://a/", "models": ["m"] }] }',
			/no model that can be carried:\n- Providers\[0\]\.api_base_url \(line 1\): is no http or https address/,
		],
	] as const)('%s: %s', async (program, text, message) => {
		await expect(importText(program, text)).rejects.toThrow(message);
	});

	it('a file that is not there, and one that multiplies itself', async () => {
		await expect(readImport('litellm', join(folder, 'missing.yaml'))).rejects.toThrow(/does not exist/);
		const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join()}]`).join('\n')}\nmodel_list: *i\n`;
		await expect(importText('litellm', bomb)).rejects.toThrow(/refers to its own parts too often/);
	});
});

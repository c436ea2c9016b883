import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openGateway } from '../../src/gateway.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../src/testing.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

let simulator: ProviderSimulator;
let project: TemporaryProject;
beforeAll(async () => {
	simulator = await startProviderSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => project.remove());

/** A configuration as people have it, its providers at one address. */
interface Imported {
	program: 'litellm' | 'claude-code-router';
	what: string;
	write(address: string): string;
	env: Record<string, string>;
	/** Names that its clients ask for, each with the model's id that its provider is asked for. */
	asks: Readonly<Record<string, string>>;
	/** Places of everything that is not carried. */
	lost: readonly string[];
}

/** Shapes: https://docs.litellm.ai/docs/proxy/configs and https://github.com/musistudio/claude-code-router (2026-11-29) */
const CONFIGURATIONS: readonly Imported[] = [
	{
		program: 'litellm',
		what: 'two providers with fallbacks and callbacks',
		write: (address) => `model_list:
  - model_name: fast
    litellm_params: { model: openai/gpt-5-mini, api_base: ${address}/v1, api_key: os.environ/TEAM_OPENAI_KEY, timeout: 60 }
  - model_name: claude
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_base: ${address}, api_key: os.environ/TEAM_ANTHROPIC_KEY }
litellm_settings:
  drop_params: true
  request_timeout: 120
  success_callback: [langfuse]
  fallbacks: [{ claude: [fast] }]
  context_window_fallbacks: [{ fast: [claude] }]
general_settings:
  database_url: postgresql://localhost/litellm
`,
		env: { TEAM_OPENAI_KEY: 'sk-test-openai-123', TEAM_ANTHROPIC_KEY: 'sk-ant-test-123456' },
		asks: { fast: 'gpt-5-mini', claude: 'claude-sonnet-4-5' },
		lost: [
			'model_list[0].litellm_params.timeout',
			'litellm_settings.context_window_fallbacks',
			'litellm_settings.success_callback',
			'general_settings.database_url',
		],
	},
	{
		program: 'litellm',
		what: 'one model at two servers behind Redis',
		write: (address) => `model_list:
  - model_name: house
    litellm_params: { model: hosted_vllm/house-70b, api_base: "${address}/v1", rpm: 100 }
    model_info: { max_input_tokens: 32000, input_cost_per_token: 0.0000001, output_cost_per_token: 0.0000002 }
  - model_name: house
    litellm_params: { model: hosted_vllm/house-70b, api_base: "${address.replace('127.0.0.1', 'localhost')}/v1", rpm: 300 }
router_settings:
  routing_strategy: usage-based-routing-v2
  redis_host: os.environ/REDIS_HOST
  redis_port: 6379
  num_retries: 3
  allowed_fails: 3
  cooldown_time: 60
  model_group_alias: { gpt-4-house: house }
`,
		env: {},
		asks: { house: 'house-70b', 'gpt-4-house': 'house-70b' },
		lost: [
			'router_settings.routing_strategy',
			'router_settings.cooldown_time',
			'router_settings.allowed_fails',
			'router_settings.redis_host',
			'router_settings.redis_port',
		],
	},
	{
		program: 'litellm',
		what: 'models on one machine with a budget, pictures and a cache',
		write: (address) => `model_list:
  - model_name: local
    litellm_params: { model: ollama_chat/qwen3, api_base: "${address}" }
  - model_name: picture
    litellm_params: { model: openai/gpt-image-1, api_key: os.environ/TEAM_OPENAI_KEY }
    model_info: { mode: image_generation }
litellm_settings:
  max_budget: 10
  budget_duration: 1d
  cache: true
  cache_params: { type: redis, ttl: 600 }
environment_variables: { REDIS_HOST: localhost }
`,
		env: {},
		asks: { local: 'qwen3' },
		lost: ['model_list[1]', 'litellm_settings.cache_params.type', 'environment_variables'],
	},
	{
		program: 'claude-code-router',
		what: 'two providers, one of them with tool use of its own',
		write: (address) => `{
  "LOG": true, "API_TIMEOUT_MS": 600000, "PROXY_URL": "http://127.0.0.1:7890",
  "Providers": [
    { "name": "seek", "api_base_url": "${address}/v1/chat/completions", "api_key": "$SEEK_KEY", "models": ["seek-chat", "seek-reasoner"],
      "transformer": { "use": ["deepseek"], "seek-chat": { "use": ["tooluse"] } } },
    { "name": "ollama", "api_base_url": "${address}/v1/chat/completions", "api_key": "ollama", "models": ["qwen:latest"] }
  ],
  "Router": { "default": "seek,seek-chat", "background": "ollama,qwen:latest", "think": "seek,seek-reasoner", "longContextThreshold": 60000 }
}`,
		env: { SEEK_KEY: 'sk-seek-123456' },
		asks: { 'ccr-default': 'seek-chat', 'ccr-background': 'qwen:latest', 'seek,seek-reasoner': 'seek-reasoner' },
		lost: ['PROXY_URL', 'Providers[0].transformer.seek-chat.use[0]', 'Router.longContextThreshold'],
	},
	{
		program: 'claude-code-router',
		what: 'a provider with Anthropic’s format and a router script',
		write: (address) => `{
  "CUSTOM_ROUTER_PATH": "~/.claude-code-router/custom-router.js",
  "transformers": [{ "path": "~/.claude-code-router/plugins/mine.js" }],
  "Providers": [
    { "name": "glm", "api_base_url": "${address}/v1/messages", "api_key": "\${GLM_KEY}", "models": ["glm-house"],
      "transformer": { "use": ["Anthropic", ["maxtoken", { "max_tokens": 16384 }]] } }
  ],
  "Router": { "default": "glm,glm-house", "webSearch": "gemini,gemini-2.5-flash" }
}`,
		env: { GLM_KEY: 'glm-key-123456' },
		asks: { 'ccr-default': 'glm-house', 'glm,glm-house': 'glm-house' },
		lost: ['CUSTOM_ROUTER_PATH', 'transformers', 'Router.webSearch'],
	},
	{
		program: 'claude-code-router',
		what: 'chains of models and a key for its callers',
		write: (address) => `{
  "APIKEY": "", "HOST": "127.0.0.1", "PORT": 3456, "LOG_LEVEL": "debug", "StatusLine": { "enabled": true },
  "Providers": [
    { "name": "router", "api_base_url": "${address}/v1/chat/completions", "api_key": "$ROUTER_KEY",
      "models": ["maker/large", "maker/large:free"], "transformer": { "use": ["openrouter", "enhancetool"] } }
  ],
  "Router": { "default": "router,maker/large", "image": "router,maker/large" },
  "fallback": { "default": ["router,maker/large:free", "other,none"] }
}`,
		env: { ROUTER_KEY: 'sk-or-123456' },
		asks: { 'ccr-default': 'maker/large', 'ccr-image': 'maker/large', 'router,maker/large:free': 'maker/large:free' },
		lost: ['Providers[0].transformer.use[1]', 'fallback.default[1]'],
	},
];

it.each(CONFIGURATIONS)('$program: $what: what is carried answers, and what is not is listed', async (imported) => {
	const { asks, env, lost, program, write } = imported;
	const source = join(project.path, 'source');
	writeFileSync(source, write(simulator.url));
	const { code, stderr, stdout } = await callSwitchyard(project, ['import', program, source, '--write', '--json'], {
		env,
	});
	expect(code, stderr).toBe(0);
	const { notCarried }: { notCarried: Array<{ place: string; reason: string }> } = JSON.parse(stdout);
	expect(notCarried.map(({ place }) => place.replace(/ \(line \d+\)$/, '')).sort()).toEqual([...lost].sort());
	for (const { reason } of notCarried) expect(reason.length).toBeGreaterThan(15);

	const { checks } = JSON.parse((await callSwitchyard(project, ['doctor', '--json'], { env })).stdout);
	const called = checks.filter(({ message }: { message: string }) => / answered in \d+ ms/.test(message));
	expect(called.length, JSON.stringify(checks)).toBeGreaterThan(0);
	expect(checks.filter(({ status }: { status: string }) => status === 'broken')).toEqual([]);

	const gateway = await openGateway({ projectDirectory: project.path, environment: env, port: 0, watchConfig: false });
	try {
		for (const [model, id] of Object.entries(asks)) {
			const before = simulator.requests.length;
			const response = await fetch(`${gateway.url}/v1/messages`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'Fix the login bug' }] }),
			});
			expect(response.status, await response.text()).toBe(200);
			// twice where the server refuses a parameter of the first call
			expect([...new Set(simulator.requests.slice(before).map(({ body }) => Object(body).model))]).toEqual([id]);
		}
	} finally {
		await gateway.close();
	}
});

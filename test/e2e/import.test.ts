import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openGateway } from '../../src/gateway.ts';
import { startProviderSimulator } from '../../src/testing.ts';
import { CONFIG_FILE, writeProjectConfig } from '../support/open-test-gateway.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => project.remove());

const source = () => join(project.path, 'config.yaml');
const readConfig = () => readFileSync(join(project.path, CONFIG_FILE), 'utf8');

/** Two models at a server on this machine, one of them with a literal key at OpenAI's kind of server. */
function writeSource(address: string): void {
	writeFileSync(
		source(),
		`model_list:
  - model_name: team-model
    litellm_params: { model: openai/team-model-v1, api_base: ${address}/v1, api_key: os.environ/TEAM_KEY }
  - model_name: other-model
    litellm_params: { model: hosted_vllm/other-model, api_base: ${address}/v1 }
router_settings: { fallbacks: [{ team-model: [other-model] }], cooldown_time: 5 }
`,
	);
}

it('a request to an imported model is served through the gateway as before', async () => {
	const simulator = await startProviderSimulator();
	writeSource(simulator.url);
	const { code, stderr } = await callSwitchyard(project, ['import', 'litellm', source(), '--write']);
	expect(code, stderr).toBe(0);
	expect(stderr).toMatch(/Not carried:\n- router_settings\.cooldown_time \(line 6\): /);
	const gateway = await openGateway({
		projectDirectory: project.path,
		environment: { TEAM_KEY: 'sk-team-123456' },
		port: 0,
		watchConfig: false,
	});
	try {
		const response = await fetch(`${gateway.url}/v1/chat/completions`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ model: 'team-model', messages: [{ role: 'user', content: 'Fix the login bug' }] }),
		});
		expect(response.status, await response.clone().text()).toBe(200);
		expect(response.headers.get('x-switchyard-deployment')).toBe('127.0.0.1');
		const [request] = simulator.requests;
		expect(request?.body).toMatchObject({ model: 'team-model-v1' });
	} finally {
		await gateway.close();
		await simulator.close();
	}
});

it('prints the configuration alone, so that it can be written to a file, and changes nothing', async () => {
	writeSource('http://127.0.0.1:9');
	const { stdout, stderr } = await callSwitchyard(project, ['import', 'litellm', source()]);
	expect(Object.keys(JSON.parse(stdout))).toContain('deployments');
	expect(stderr).toContain('Not carried:');
	expect(existsSync(join(project.path, CONFIG_FILE))).toBe(false);
	const json = JSON.parse((await callSwitchyard(project, ['import', 'litellm', source(), '--json'])).stdout);
	expect(json).toMatchObject({
		written: false,
		keys: [],
		notCarried: [{ place: expect.stringContaining('cooldown') }],
	});
});

it('merges into a project with its comments, twice without a change', async () => {
	writeSource('http://127.0.0.1:9');
	writeProjectConfig(project, '{\n  // ours\n  "cacheTTL": 60,\n  "allowUnpriced": ["haiku"]\n}\n');
	expect((await callSwitchyard(project, ['import', 'litellm', source(), '--write'])).code).toBe(0);
	const once = readConfig();
	expect(once).toMatch(/\/\/ ours\n\s+"cacheTTL": 60/);
	expect((await callSwitchyard(project, ['import', 'litellm', source(), '--write'])).code).toBe(0);
	expect(readConfig()).toBe(once);
});

it('refuses to change what the project says, names each place, and writes nothing', async () => {
	writeSource('http://127.0.0.1:9');
	const before = JSON.stringify({
		fallbacks: { opus: ['haiku'] },
		deployments: [
			{ id: 'hosted-vllm', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:8/v1', models: { opus: 'o' } },
		],
	});
	writeProjectConfig(project, before);
	const { code, stderr, stdout } = await callSwitchyard(project, ['import', 'litellm', source(), '--write']);
	expect(code).toBe(2);
	expect(stdout).toBe('');
	expect(stderr).toMatch(
		/The project and .*config\.yaml disagree\..* Nothing was changed\.\n- deployments\.hosted-vllm\.baseUrl is/,
	);
	expect(readConfig()).toBe(before);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProviderSimulator, startProviderSimulator } from '../../src/testing.ts';
import { CALLERS } from '../support/callers/index.ts';
import { SCENARIOS } from '../support/scenarios.ts';

let simulator: ProviderSimulator;
beforeAll(async () => {
	simulator = await startProviderSimulator();
});
afterAll(() => simulator.close());

// A test of the gateway proves nothing where the simulator itself is not what the SDK expects of its provider.
describe.each(CALLERS)(
	'$name: the official package finds in the simulator what it finds at its provider',
	({ create, format }) => {
		it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
			const caller = create({ url: simulator.url });
			const provider = format === 'openai-chat' ? 'openai-compatible' : format;
			const stage = { caller, format, provider, model: 'm', modelId: 'm', simulator, dropped: () => [] };
			const fate = await scenario.play(stage);
			const isSpoken = !(
				(format === 'openai-chat' && name === 'signed thinking over turns') ||
				(format === 'openai-responses' && name === 'stop sequences') ||
				(caller.name === 'ai, openai-chat' && name === 'citations')
			);
			expect(fate).toBe(isSpoken ? 'carried' : 'no word');
		});
	},
);

describe('Responses as Codex speaks it', () => {
	const exec = { type: 'custom', name: 'exec', description: 'runs a script' };
	const input = [
		{
			type: 'additional_tools',
			role: 'developer',
			tools: [{ type: 'namespace', name: 'functions', tools: [exec] }],
		},
		{ role: 'user', content: 'Go on' },
	];

	async function ask(items: readonly object[]): Promise<Array<Record<string, unknown>>> {
		const body = JSON.stringify({ model: 'codex', input: items, store: false });
		const response = await fetch(`${simulator.url}/v1/responses`, { method: 'POST', body });
		return ((await response.json()) as { output: Array<Record<string, unknown>> }).output;
	}

	it('a tool of plain text in a namespace is called with its text, turn after turn, each time by an id of its own', async () => {
		simulator.script({ codex: { toolCalls: [{ name: 'exec', arguments: 'ls()' }], callsAfterResults: true } });
		const [first] = await ask(input);
		expect(first).toMatchObject({ type: 'custom_tool_call', name: 'exec', namespace: 'functions', input: 'ls()' });
		const result = { type: 'custom_tool_call_output', call_id: first?.['call_id'], output: 'a.txt' };
		const [second] = await ask([...input, { ...first }, result]);
		expect(second).toMatchObject({ type: 'custom_tool_call', input: 'ls()' });
		expect(second?.['call_id']).not.toBe(first?.['call_id']);
	});

	it('without a script for it, a tool result ends the calls', async () => {
		simulator.script({ codex: { toolCalls: [{ name: 'exec', arguments: 'ls()' }] } });
		const [call] = await ask(input);
		const result = { type: 'custom_tool_call_output', call_id: call?.['call_id'], output: 'a.txt' };
		const [answer] = await ask([...input, { ...call }, result]);
		expect(answer).toMatchObject({ type: 'message' });
	});
});

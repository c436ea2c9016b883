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

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
describe.each(Object.keys(CALLERS))(
	'%s: the official SDK finds in the simulator what it finds at its provider',
	(format) => {
		it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
			const caller = CALLERS[format]?.({ url: simulator.url });
			if (caller === undefined) throw new Error(`no caller for ${format}`);
			const stage = { caller, format, model: 'm', modelId: 'm', simulator, dropped: () => [] };
			const fate = await scenario.play(stage);
			const isSpoken = !(
				(format === 'openai-chat' && name === 'signed thinking over turns') ||
				(format === 'openai-responses' && name === 'stop sequences')
			);
			expect(fate).toBe(isSpoken ? 'carried' : 'no word');
		});
	},
);

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openProject } from '../../src/index.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

/** What a person would accept: a model's lowest predicted quality, and the highest estimate in USD. */
const ACCEPTED: Readonly<Record<string, { quality: number; usd: number }>> = {
	small: { quality: 0, usd: 0.006 },
	writing: { quality: 0, usd: 0.006 },
	vague: { quality: 90, usd: 0.05 },
	thinking: { quality: 90, usd: 0.05 },
	work: { quality: 90, usd: 0.05 },
	strong: { quality: 95, usd: 0.3 },
	incident: { quality: 95, usd: 0.3 },
};

const asks = readFileSync(join(import.meta.dirname, '../fixtures/asks/varied.tsv'), 'utf8')
	.trim()
	.split('\n')
	.filter((line) => !line.startsWith('#'))
	.map((line) => line.split('\t'));

it('60 asks in 14 languages, vague and urgent ones among them, go where a person would send them; at most five do not', async () => {
	expect(asks).toHaveLength(60);
	const project = createTemporaryProject();
	const { system } = openProject({ projectDirectory: project.path, environment: { HOME: project.path } });
	const misses: string[] = [];
	for (const [language = '', expectation = '', ask = ''] of asks) {
		const { estimatedCost, model, predictedQuality } = await system.routeTask(ask);
		const { quality, usd } = ACCEPTED[expectation] ?? { quality: 101, usd: 0 };
		if (predictedQuality.value >= quality && estimatedCost <= usd) continue;
		misses.push(`${language} "${ask}" (${expectation}) → ${model.name}, $${estimatedCost.toFixed(4)}`);
		// a production incident has no room for a miss
		expect(expectation, misses.at(-1)).not.toBe('incident');
	}
	await system.close();
	project.remove();
	expect(misses.length, misses.join('\n')).toBeLessThanOrEqual(5);
});

it('"hi" goes to the model that is configured for it, and the decision says so', async () => {
	const project = createTemporaryProject();
	const environment = { HOME: project.path, ROUTING_DEFAULT_MODEL: 'opus' };
	const { system } = openProject({ projectDirectory: project.path, environment });
	for (const ask of ['hi', 'ok', 'привет']) {
		const { model, reasoning } = await system.routeTask(ask);
		expect(model.name, ask).toBe('opus');
		expect(reasoning[0]).toMatch(/^The type of the task is a guess .* so the default model opus takes it$/);
	}
	await system.close();
	project.remove();
});

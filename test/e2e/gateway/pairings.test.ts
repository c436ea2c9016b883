import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLERS } from '../../support/callers/index.ts';
import {
	inventedModel,
	openTestGateway,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';
import { type Fate, SCENARIOS } from '../../support/scenarios.ts';

/** Providers by the kind of their deployment, each with a model; the outbound packages know real ids by their names. */
const MODEL_IDS = {
	anthropic: 'claude-sonnet-4-5',
	openai: 'gpt-5-mini',
	google: 'gemini-3-pro-preview',
	'openai-compatible': 'deepseek-reasoner',
} as const;
type ProviderKind = keyof typeof MODEL_IDS;
const PROVIDERS = Object.keys(MODEL_IDS) as ProviderKind[];

let gateway: TestGateway;
beforeAll(async () => {
	gateway = await openTestGateway({
		deployments: PROVIDERS.map((kind) => simulatedDeployment(kind, { [`${kind}-model`]: MODEL_IDS[kind] })),
		config: {
			models: PROVIDERS.map((kind) => inventedModel(`${kind}-model`)),
			candidates: PROVIDERS.map((kind) => `${kind}-model`),
			defaultModel: 'anthropic-model',
			fallbacks: Object.fromEntries(PROVIDERS.map((kind) => [`${kind}-model`, []])),
			fallback: { maxAttempts: 1 },
			budget: { dailyLimit: 1000, monthlyLimit: 10_000, perRequestLimit: null },
		},
	});
});
afterAll(() => gateway.close());

const fates = new Map<string, Fate>();
const PAIRINGS = CALLERS.flatMap((kind) => PROVIDERS.map((provider) => ({ kind, name: kind.name, provider })));

describe.each(PAIRINGS)(
	'$name, $provider: the official package finds what it finds at its own provider',
	({ kind, provider }) => {
		it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
			const dropped: string[] = [];
			const caller = kind.create({
				url: gateway.url,
				onHeaders: (headers) => dropped.push(headers.get('x-switchyard-dropped') ?? ''),
			});
			const fate = await scenario.play({
				caller,
				format: kind.format,
				model: `${provider}-model`,
				modelId: MODEL_IDS[provider],
				provider,
				simulator: gateway.simulator,
				dropped: () => dropped,
			});
			expect(Object.keys(SIGNS)).toContain(fate);
			fates.set(`${kind.name} ${provider} ${name}`, fate);
		});
	},
);

const SIGNS: Readonly<Record<Fate, string>> = { carried: 'yes', named: 'named', 'no word': '–', lost: 'lost' };

function table(): string {
	const head = ['caller', 'provider', ...SCENARIOS.map(({ name }) => name)];
	const rows = PAIRINGS.map(({ name: caller, provider }) => [
		caller,
		provider,
		...SCENARIOS.map(({ name }) => {
			const fate = fates.get(`${caller} ${provider} ${name}`);
			return fate === undefined ? 'fails' : SIGNS[fate];
		}),
	]);
	return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

it('no hold is left by any of it', async () => {
	expect(await gateway.readHeld()).toBe(0);
});

it('the reference page shows what each pairing carries (vitest -u writes it)', async () => {
	const path = join(import.meta.dirname, '../../../docs/reference/pairings.md');
	const page = readFileSync(path, 'utf8');
	const fresh = page.replace(
		/<!-- pairings -->\n[\s\S]*?<!-- end of pairings -->/,
		`<!-- pairings -->\n${table()}\n<!-- end of pairings -->`,
	);
	await expect(fresh).toMatchFileSnapshot(path);
});

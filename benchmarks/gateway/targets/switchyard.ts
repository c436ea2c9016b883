import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_MODEL_PROFILES } from '../../../src/engine.ts';
import { TARGET_CPU } from '../measure/bench-settings.ts';
import type { Api } from '../mock/behaviour.ts';
import { type Command, runForJson } from '../processes/child-processes.ts';
import { HERE, MOCK_KEY, type Place, plainCall, type Target } from './target.ts';

const CLI = join(HERE, '..', '..', 'dist', 'cli', 'main.js');
const ENVIRONMENT = { NODE_ENV: 'production', OPENAI_API_KEY: MOCK_KEY, ANTHROPIC_API_KEY: MOCK_KEY };

/** Limits that no load meets. */
const OUT_OF_REACH = { dailyLimit: 1_000_000, monthlyLimit: 1_000_000, perRequestLimit: 100 };

/** Everything as a user has it, but for the limits. */
function writeConfig({ mockPort, folder }: Place, budget: object): void {
	const baseUrl = `http://127.0.0.1:${mockPort}/v1`;
	const config = {
		providers: { openai: { baseUrl }, anthropic: { baseUrl } },
		budget,
		gateway: { requireKey: true },
	};
	const home = join(folder, '.claude', 'orchestration', 'routing');
	mkdirSync(home, { recursive: true });
	writeFileSync(join(home, 'config.json'), JSON.stringify(config));
}

function cli(args: readonly string[], { folder }: Place): Command {
	return { args: [CLI, ...args], env: { ...ENVIRONMENT, HOME: folder }, folder };
}

/** A key that may use the models of one provider: the router chooses among all of them. */
async function createKey(provider: Api, place: Place): Promise<string> {
	const models = DEFAULT_MODEL_PROFILES.filter((model) => model.provider === provider).map(({ name }) => name);
	const command = cli(['keys', 'create', '--name', provider, '--model', models.join(','), '--json'], place);
	const { token } = await runForJson<{ token: string }>(TARGET_CPU, command);
	return token;
}

/** `outbound`: whose models answer a caller's format; another provider's are reached by translation. */
function switchyard(
	name: string,
	label: string,
	outbound: Readonly<Partial<Record<Api, Api>>>,
	budget: object = OUT_OF_REACH,
): Target {
	const keys = new Map<Api, string>();
	return {
		name,
		label: `Switchyard: key check, auto routing, reservation, durable SQLite ledger; ${label}`,
		// the keys of this literal are formats
		apis: Object.keys(outbound) as Api[],
		missing: () => (existsSync(CLI) ? null : 'not built: npm run build'),
		prepare: async (place) => {
			writeConfig(place, budget);
			for (const provider of new Set(Object.values(outbound))) keys.set(provider, await createKey(provider, place));
		},
		command: (place) => cli(['serve', '--port', String(place.port)], place),
		call: (api, { port }) => ({
			...plainCall(api, port, keys.get(outbound[api] ?? api)),
			model: 'auto',
		}),
	};
}

/** The same format on both sides. */
export const OURS: Target = switchyard('ours', 'same format on both sides', {
	openai: 'openai',
	anthropic: 'anthropic',
});

/** Translated, as claude-code-router does it. */
export const OURS_ACROSS: Target = switchyard('ours-across', 'Anthropic in, OpenAI out', { anthropic: 'openai' });

/** The limits that a user begins with: $10 a day, $250 a month, $1 a request. For a short run of `openai-growing`. */
export const OURS_LIMITED: Target = switchyard(
	'ours-limited',
	'same format on both sides, within the default limits',
	{ openai: 'openai', anthropic: 'anthropic' },
	{},
);

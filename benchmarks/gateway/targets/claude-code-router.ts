import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MOCK_KEY, MOCK_MODEL, missingPeer, type Place, peerFile, plainCall, type Target } from './target.ts';

const CLI = '@musistudio/claude-code-router/dist/cli.js';

function writeConfig({ port, mockPort, folder }: Place): void {
	const models = [MOCK_MODEL];
	const base = `http://127.0.0.1:${mockPort}/v1`;
	const config = {
		LOG: false,
		HOST: '127.0.0.1',
		PORT: port,
		NON_INTERACTIVE_MODE: true,
		API_TIMEOUT_MS: 600_000,
		Providers: [
			{ name: 'mock', api_base_url: `${base}/chat/completions`, api_key: MOCK_KEY, models },
			{
				name: 'same',
				api_base_url: `${base}/messages`,
				api_key: MOCK_KEY,
				models,
				transformer: { use: ['Anthropic'] },
			},
		],
		Router: { default: `mock,${MOCK_MODEL}` },
	};
	const home = join(folder, '.claude-code-router');
	mkdirSync(home, { recursive: true });
	writeFileSync(join(home, 'config.json'), JSON.stringify(config));
}

function claudeCodeRouter(name: string, provider: string, label: string): Target {
	return {
		name,
		label: `@musistudio/claude-code-router 2.0.0, ${label}`,
		apis: ['anthropic'],
		// it counts the tokens of every request: about 0.1 s of CPU for 100 KB
		maxLargePerSecond: 5,
		missing: () => missingPeer(CLI),
		prepare: async (place) => writeConfig(place),
		command: ({ port, folder }) => ({
			args: [peerFile(CLI), 'start'],
			env: { HOME: folder, SERVICE_PORT: String(port), NODE_ENV: 'production' },
			folder,
		}),
		call: (api, { port }) => ({ ...plainCall(api, port), model: `${provider},${MOCK_MODEL}` }),
	};
}

/** Its usual work: Anthropic's format in, OpenAI's out. */
export const CLAUDE_CODE_ROUTER: Target = claudeCodeRouter('ccr', 'mock', 'Anthropic in, OpenAI out');

/** The same format on both sides. */
export const CLAUDE_CODE_ROUTER_SAME: Target = claudeCodeRouter('ccr-same', 'same', 'Anthropic in, Anthropic out');

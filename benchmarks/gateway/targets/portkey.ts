import { missingPeer, peerFile, plainCall, type Target } from './target.ts';

const SERVER = '@portkey-ai/gateway/build/start-server.js';

/** Portkey's open-source gateway; with newer hono than its lock file names its streams fail, so those versions are pinned. */
export const PORTKEY: Target = {
	name: 'portkey',
	label: '@portkey-ai/gateway 1.15.2 (hono 4.9.7, @hono/node-server 1.13.5)',
	apis: ['openai', 'anthropic'],
	missing: () => missingPeer(SERVER),
	command: ({ port, folder }) => ({
		args: [peerFile(SERVER), `--port=${port}`, '--headless'],
		env: { NODE_ENV: 'production', HOME: folder },
		folder,
	}),
	call: (api, { port, mockPort }) => {
		const plain = plainCall(api, port);
		return {
			...plain,
			// it takes the credential of either provider from this header
			headers: {
				...plainCall('openai', port).headers,
				'x-portkey-provider': api,
				'x-portkey-custom-host': `http://127.0.0.1:${mockPort}/v1`,
			},
		};
	},
};

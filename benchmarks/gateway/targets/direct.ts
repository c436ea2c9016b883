import { join } from 'node:path';
import { HERE, plainCall, type Target } from './target.ts';

/** No gateway: what the mock and the load generator take by themselves. */
export const DIRECT: Target = {
	name: 'direct',
	label: 'direct to the mock provider, no gateway',
	apis: ['openai', 'anthropic'],
	missing: () => null,
	command: () => null,
	call: (api, { mockPort }) => plainCall(api, mockPort),
};

/** The practical limit of node:http and undici. */
export const BARE: Target = {
	name: 'bare',
	label: 'node:http + undici Pool.dispatch, everything passed on untouched',
	apis: ['openai', 'anthropic'],
	missing: () => null,
	command: ({ port, mockPort }) => ({
		args: [join(HERE, 'proxies', 'bare-proxy.ts'), String(port), `http://127.0.0.1:${mockPort}`],
		env: { NODE_ENV: 'production' },
	}),
	call: (api, { port }) => plainCall(api, port),
};

import { expect, it } from 'vitest';
import { DEFAULT_GATEWAY_CONFIG } from '../../config/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import { ConfigReloader } from './config-reloader.ts';

/** As much of a state as a reload needs. */
function makeState(change: object = {}): GatewayState {
	const system = { storageStatus: async () => ({ degraded: null }), close: async () => {} };
	return { system, deployments: [], config: { ...DEFAULT_GATEWAY_CONFIG, ...change } } as unknown as GatewayState;
}

it('the socket stays where it was opened, and so do the host and port that requests are checked by', async () => {
	let state = makeState({ host: '127.0.0.1', port: 4141 });
	const reloader = new ConfigReloader({
		open: () => ({ runtime: makeState({ host: '0.0.0.0', port: 80, requireKey: true, idempotencyTtl: 7 }) }),
		current: () => state,
		configure: ({ runtime }) => {
			state = runtime;
		},
		settled: async () => {},
		onNotice: () => {},
	});
	const report = await reloader.reload();
	expect(report).toEqual({ applied: true, requiresRestart: ['gateway.host', 'gateway.port'] });
	expect(state.config).toMatchObject({ host: '127.0.0.1', port: 4141, requireKey: true, idempotencyTtl: 7 });
	// a second reload compares with the socket, not with the configuration before
	expect(await reloader.reload()).toEqual(report);
});

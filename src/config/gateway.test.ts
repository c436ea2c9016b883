import { expect, it } from 'vitest';
import { sampleDefaults } from '../../test/support/sample-defaults.ts';
import { formatPath } from '../util/index.ts';
import { DEFAULT_GATEWAY_CONFIG } from './switchyard-config.ts';
import { completeConfig, createDefaultLayer, validateLayer } from './validate-config.ts';

function complete(gateway: unknown) {
	const { layer, issues } = validateLayer({ gateway }, formatPath);
	return { issues, whole: completeConfig([createDefaultLayer(sampleDefaults), layer]) };
}

it('what is said of the gateway changes that and nothing else', () => {
	const { issues, whole } = complete({ port: 0, limits: { maxQueued: 0 }, streams: { commit: 'whole-answer' } });
	expect(issues).toEqual([]);
	expect(whole).toMatchObject({
		config: {
			gateway: {
				...DEFAULT_GATEWAY_CONFIG,
				port: 0,
				limits: { ...DEFAULT_GATEWAY_CONFIG.limits, maxQueued: 0 },
				streams: { ...DEFAULT_GATEWAY_CONFIG.streams, commit: 'whole-answer' },
			},
		},
	});
});

it.each<[unknown, string]>([
	[{ prot: 1 }, 'gateway.prot is not a known setting. Did you mean "port"?'],
	[{ limits: { maxBodyByte: 1 } }, 'gateway.limits.maxBodyByte is not a known setting. Did you mean "maxBodyBytes"?'],
	[{ port: 65_536 }, 'gateway.port must be at most 65535'],
	[{ host: 'http://0.0.0.0' }, 'gateway.host must be a host name'],
	[{ allowedHosts: ['llm.example.com:80'] }, 'gateway.allowedHosts[0] must be a host name'],
	[{ allowedOrigins: ['https://app.example.com/'] }, 'gateway.allowedOrigins[0] must be a web origin'],
	[{ allowedOrigins: ['*'] }, 'gateway.allowedOrigins[0] must be a web origin'],
	[{ streams: { commit: 'never' } }, 'gateway.streams.commit must be one of'],
])('refuses %j', (gateway, told) => {
	const { issues } = complete(gateway);
	expect(issues.map(({ path, message }) => `${path} ${message}`)).toEqual([expect.stringContaining(told)]);
});

it('times that contradict each other are refused: a request would end before its first token is late', () => {
	const { whole } = complete({ limits: { requestTimeoutMs: 5000 } });
	expect(whole).toMatchObject({
		issues: [
			{ path: ['gateway', 'streams', 'firstOutputTimeoutMs'] },
			{ path: ['gateway', 'limits', 'queueTimeoutMs'] },
		],
	});
});

it.each(['::1', '[::1]', '0.0.0.0', 'localhost', 'llm.example.com'])('may listen at %s', (host) => {
	expect(complete({ host }).issues).toEqual([]);
});

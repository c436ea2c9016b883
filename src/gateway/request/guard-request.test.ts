import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { DEFAULT_GATEWAY_CONFIG } from '../../config/index.ts';
import { createRequestGuard, rejectOwnAddress } from './guard-request.ts';

const gateway = { host: '127.0.0.1', port: 4141 };
const check = (baseUrl: string) => () => rejectOwnAddress([{ id: 'openai', baseUrl }], gateway);

it('a gateway that would call itself does not start, for it would spend the budget on nothing', () => {
	for (const own of ['http://127.0.0.1:4141/v1', 'http://localhost:4141', 'http://[::1]:4141/v1']) {
		expect(check(own), own).toThrow(/openai.*where the gateway itself would listen.*clients only/s);
	}
	for (const other of ['http://127.0.0.1:11434/v1', 'https://api.openai.com/v1', 'http://10.0.0.7:4141', 'nonsense']) {
		expect(check(other), other).not.toThrow();
	}
	expect(() => rejectOwnAddress([{ id: 'openai' }], gateway)).not.toThrow();
});

describe('DNS rebinding against a gateway that other machines reach', () => {
	const config = { ...DEFAULT_GATEWAY_CONFIG, host: '0.0.0.0', requireKey: true, allowedHosts: ['llm.example.com'] };
	// As much of a request as the guard reads.
	const request = (host: string) => ({ headers: { host }, rawHeaders: ['Host', host] }) as unknown as IncomingMessage;

	it('fails: only its own names and addresses are answered', () => {
		const guard = createRequestGuard();
		for (const host of ['192.168.1.20', '10.0.0.7:4141', '[fd00::1]:4141', 'llm.example.com', 'localhost:4141'])
			expect(() => guard(request(host), config), host).not.toThrow();
		for (const host of ['evil.example', '192.168.1.20.nip.io', '999.1.1.1', ''])
			expect(() => guard(request(host), config), host).toThrow(/The gateway is not called/);
	});

	it('fails also for a name that the configuration before allowed', () => {
		const guard = createRequestGuard();
		guard(request('llm.example.com'), config);
		expect(() => guard(request('llm.example.com'), { ...config, allowedHosts: [] })).toThrow(/is not called/);
	});
});

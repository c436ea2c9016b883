import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openGateway } from '../../../../src/gateway.ts';
import { createGuardedLookup } from '../../../../src/providers/index.ts';
import { Upstream } from '../../../../src/providers/upstream/index.ts';
import { openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';

let gateway: SecurityGateway | null = null;
afterEach(async () => {
	await gateway?.close();
	gateway = null;
});

/** Opens the project's own deployment at an address. */
async function openAt(baseUrl: string, settings: object = {}): Promise<string> {
	gateway = await openSecurityGateway();
	const deployments = [{ id: 'own', kind: 'openai', apiKey: 'env:OWN_KEY', baseUrl }];
	writeFileSync(gateway.configFile, JSON.stringify({ deployments, gateway: settings }));
	try {
		const running = await openGateway({
			projectDirectory: gateway.project.path,
			environment: { HOME: gateway.project.path, OWN_KEY: 'k'.repeat(20) },
			port: 0,
			watchConfig: false,
			onWarning: () => {},
		});
		await running.close();
		return 'opened';
	} catch (error) {
		return String(error);
	}
}

describe('a mistake in the configuration sends no key where it was not meant to go', () => {
	it.each([
		'https://api.openai.com@evil.example/v1',
		'https://api.openai.com#@evil.example/v1',
		'https://api.openai.com\\@evil.example/v1',
		'https://user:password@api.openai.com/v1',
		'https://api.openai.com/v1?x=https://evil.example',
		'ftp://api.openai.com/v1',
		'file:///etc/passwd',
		'//api.openai.com/v1',
		'http://169.254.169.254/latest/meta-data',
		'http://metadata.google.internal/computeMetadata/v1',
		'http://[fd00:ec2::254]/latest',
		'http://2852039166/latest',
		'http://0xa9fea9fe/latest',
		'http://[::ffff:169.254.169.254]/',
		'http://168.63.129.16/machine',
		'http://2822734096/',
		'http://0xa83f8110/',
		'http://0250.077.0201.020/',
		'http://[::ffff:168.63.129.16]/',
		'http://[64:ff9b::168.63.129.16]/',
		'http://[2002:a83f:8110::1]/',
		'http://100.100.100.200/latest',
		'http://192.0.0.192/opc/v2',
		'http://169.254.170.2/v2/credentials',
		'http://metadata.tencentyun.com/latest',
		'http://instance-data/latest',
		'http://0.0.0.0:8080/v1',
		'http://10.0.0.8/v1',
		'http://192.168.1.4:11434/v1',
		'http://172.16.0.1/v1',
		'http://100.64.0.1/v1',
		'http://[fc00::1]/v1',
	])('%s', async (baseUrl) => {
		expect(await openAt(baseUrl)).toMatch(/baseUrl/);
	});

	it('private networks are reached when their host is listed; metadata services never', async () => {
		expect(await openAt('http://192.168.1.4:11434/v1', { allowedPrivateHosts: ['192.168.1.4'] })).toBe('opened');
		await gateway?.close();
		expect(await openAt('http://169.254.169.254/', { allowedPrivateHosts: ['169.254.169.254'] })).toMatch(/baseUrl/);
	});
});

describe('a name of the internet that leads into the own network', () => {
	it('is refused when it is connected to, so it cannot change its mind after a check', async () => {
		const connections: unknown[] = [];
		const server: Server = createServer((socket) => {
			connections.push(socket.remoteAddress);
			socket.destroy();
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const address = server.address();
		const port = typeof address === 'object' && address !== null ? address.port : 0;
		const lookup = createGuardedLookup({}, ((
			_host: string,
			_options: object,
			callback: (...given: unknown[]) => void,
		) => callback(null, [{ address: '127.0.0.1', family: 4 }])) as never);
		const upstream = new Upstream({ connect: { lookup } });
		const endpoint = { origin: `http://models.example:${port}`, path: '/v1/chat/completions', headers: {} };
		const { promise, resolve } = Promise.withResolvers<Error>();
		const reader = { onHead: () => {}, onData: () => {}, onEnd: () => {}, onError: resolve };
		await upstream.send({ endpoint, headers: { authorization: 'Bearer k' }, body: '{}' }, reader);
		expect(String(await promise)).toMatch(/models\.example resolves to 127\.0\.0\.1, where calls must not lead/);
		expect(connections).toEqual([]);
		await upstream.close();
		server.close();
	});
});

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { InvalidConfigError } from '../errors/index.ts';
import { createGuardedLookup, parseBaseUrl } from './address-guard.ts';
import { createGuardedAgent, createGuardedFetch } from './guarded-fetch.ts';

const servers: Array<ReturnType<typeof createServer>> = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
	const server = createServer(answer);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	// A server that listens on a port has an address of this kind.
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fetchOf(origin: string, allowedPrivateHosts: string[] = []): typeof fetch {
	const agent = createGuardedAgent({ allowedPrivateHosts });
	return createGuardedFetch({ id: 'guarded', origin, dispatcher: () => agent });
}

it.each([
	'http://2130706433@169.254.169.254/',
	'http://0xa9fea9fe/',
	'http://[::ffff:a9fe:a9fe]/',
	'http://169.254.169.254./',
	'http://①⑥⑨.254.169.254/',
	'http://192.168.1.10/v1',
	'http://[fd00::1]/v1',
	'https://api.example#@evil.example',
	'gopher://127.0.0.1',
])('a deployment at %s is refused before anything is called', (address) => {
	expect(() => parseBaseUrl(address, 'deployments[0].baseUrl', {})).toThrow(InvalidConfigError);
});

it('loopback needs no permission, a private host the one by its name', () => {
	expect(parseBaseUrl('http://127.0.0.1:11434/v1', 'x', {}).port).toBe('11434');
	expect(parseBaseUrl('http://192.168.1.10/v1', 'x', { allowedPrivateHosts: ['192.168.1.10'] }).hostname).toBe(
		'192.168.1.10',
	);
});

/** A resolver that answers what it is told, as DNS would. */
const resolving = (addresses: Array<{ address: string; family: number }>) =>
	createGuardedLookup({ allowedPrivateHosts: ['llm.internal'] }, ((
		_name: string,
		_options: object,
		callback: (error: null, found: typeof addresses) => void,
		// Only the form with all addresses is used of the resolver.
	) => callback(null, addresses)) as never);

function resolveBy(lookup: ReturnType<typeof resolving>, name: string, all: boolean): Promise<unknown> {
	return new Promise((resolve, reject) => {
		lookup(name, { all }, (error, found) => (error === null ? resolve(found) : reject(error)));
	});
}

it('a name that turns to this machine between check and connection is refused, also when one of its addresses is harmless', async () => {
	const rebound = resolving([
		{ address: '8.8.8.8', family: 4 },
		{ address: '127.0.0.1', family: 4 },
	]);
	await expect(resolveBy(rebound, 'api.example', true)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
	await expect(resolveBy(rebound, 'api.example', false)).rejects.toThrow('127.0.0.1');
	const inside = resolving([{ address: '10.0.0.7', family: 4 }]);
	await expect(resolveBy(inside, 'llm.internal', false)).resolves.toBe('10.0.0.7');
	await expect(resolveBy(inside, 'other.internal', false)).rejects.toThrow('gateway.allowedPrivateHosts');
	await expect(resolveBy(resolving([]), 'api.example', true)).rejects.toThrow('no address');
});

it('the connection itself goes through the guard: a name of the internet that resolves to loopback gets no byte', async () => {
	let calls = 0;
	const url = await serve((_request, response) => {
		calls += 1;
		response.end('{}');
	});
	const port = new URL(url).port;
	const rebound = resolving([{ address: '127.0.0.1', family: 4 }]);
	const { Agent } = await import('undici');
	const agent = new Agent({ connect: { lookup: rebound } });
	const guarded = createGuardedFetch({ id: 'g', origin: `http://api.example:${port}`, dispatcher: () => agent });
	await expect(guarded(`http://api.example:${port}/`)).rejects.toMatchObject({ cause: { code: 'ADDRESS_REFUSED' } });
	expect(calls).toBe(0);
	expect((await fetchOf(`http://localhost:${port}`)(`http://localhost:${port}/`)).status).toBe(200);
	await agent.close();
});

it('a redirect is not followed: the key would go to whoever the answer names', async () => {
	let stolen = 0;
	const thief = await serve((_request, response) => {
		stolen += 1;
		response.end();
	});
	const url = await serve((_request, response) => response.writeHead(307, { location: thief }).end());
	await expect(fetchOf(url)(url, { method: 'POST', body: '{}' })).rejects.toMatchObject({
		details: { errorType: 'redirect' },
	});
	expect(stolen).toBe(0);
});

it('a library that would fetch an address from a request is refused', async () => {
	const url = await serve((_request, response) => response.end('{}'));
	const guarded = fetchOf(url);
	await expect(guarded('http://169.254.169.254/latest/meta-data')).rejects.toThrow('another address was refused');
	await expect(guarded(url.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('another address was refused');
	await expect(guarded(`${url}/file`)).resolves.toMatchObject({ status: 200 });
});

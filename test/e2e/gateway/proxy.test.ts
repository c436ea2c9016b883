import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGateway } from '../../../src/gateway.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { type ConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts';
import { openSecurityGateway, type SecurityGateway } from '../../support/open-security-gateway.ts';
import { goodAnswer, type ProviderWitness, startProviderWitness } from '../../support/provider-witness.ts';
import { SWITCHYARD } from '../../support/switchyard-command.ts';
import { createTemporaryProject } from '../../support/temporary-project.ts';

const closers: Array<() => unknown> = [];
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

let provider: ProviderWitness;
let proxy: ConnectProxy;
beforeEach(async () => {
	provider = await startProviderWitness();
	closers.push(() => provider.close());
	proxy = await startConnectProxy({ 'models.example:80': provider.port, 'hooks.example:80': provider.port });
	closers.push(() => proxy.close());
});

async function open(
	environment: Record<string, string>,
	config: Record<string, unknown> = {},
	baseUrl = 'http://models.example',
): Promise<SecurityGateway> {
	const gateway = await openSecurityGateway({ environment, config, baseUrl });
	closers.push(() => gateway.close());
	return gateway;
}

const MESSAGE = { model: 'gpt-5-mini', max_tokens: 20, messages: [{ role: 'user', content: 'Say hello.' }] };
const askedFor = () => proxy.asked.map(({ authority }) => authority);

describe('behind a company’s proxy', () => {
	it.each(['HTTP_PROXY', 'http_proxy'])(
		'%s: providers are reached, in the caller’s format and in another',
		async (name) => {
			const gateway = await open({ [name]: proxy.url });
			expect((await gateway.chat()).status).toBe(200);
			expect(askedFor()).toEqual(['models.example:80']);
			expect((await gateway.post('/v1/messages', MESSAGE)).status).toBe(200);
			expect(askedFor()).toEqual(['models.example:80', 'models.example:80']);
			expect(provider.requests.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/responses']);
		},
	);

	it.each([
		['user:p%40ss', 'user:p@ss'],
		// not encoded, as passwords are often pasted
		['user:100%', 'user:100%'],
		['us%er:%40%zz%ff', 'us%er:@%zz%ff'],
		[':only-a-password', ':only-a-password'],
	])('a proxy that asks for a name and password gets them (%s), and no provider does', async (written, meant) => {
		const gateway = await open({
			http_proxy: proxy.url.replace('//', `//${written}@`),
			HTTP_PROXY: 'http://127.0.0.1:1',
		});
		expect((await gateway.chat()).status).toBe(200);
		expect(proxy.asked[0]?.credentials).toBe(`Basic ${Buffer.from(meant).toString('base64')}`);
		expect(JSON.stringify(provider.requests)).not.toContain('proxy-authorization');
	});

	it('a proxy without a scheme is an http one', async () => {
		const gateway = await open({ HTTP_PROXY: proxy.url.replace('http://', '') });
		expect((await gateway.chat()).status).toBe(200);
	});

	it.each(['models.example', '.example', '*.example', 'other,models.example:80', '*', 'a b MODELS.EXAMPLE'])(
		'NO_PROXY=%s: the provider is called past the proxy',
		async (none) => {
			const gateway = await open({ HTTP_PROXY: proxy.url, NO_PROXY: none });
			// No name server knows it.
			expect((await gateway.chat()).status).toBe(502);
			expect(askedFor()).toEqual([]);
		},
	);

	it.each(['models.example:443', 'example.models', 'els.example', ''])(
		'NO_PROXY=%s names another host: the proxy is used',
		async (no_proxy) => {
			const gateway = await open({ HTTP_PROXY: proxy.url, no_proxy });
			expect((await gateway.chat()).status).toBe(200);
			expect(askedFor()).toEqual(['models.example:80']);
		},
	);

	it('this machine and listed private hosts are never called through it: nothing behind it knows them', async () => {
		const local = await open({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }, {}, provider.url);
		expect((await local.chat()).status).toBe(200);
		const listed = await open({ HTTP_PROXY: proxy.url }, { gateway: { allowedPrivateHosts: ['models.example'] } });
		expect((await listed.chat()).status).toBe(502);
		expect(askedFor()).toEqual([]);
	});

	it.each([403, 407, 502])(
		'a proxy that answers %i is named as what failed, and the caller did not leave',
		async (status) => {
			proxy.refuseWith = status;
			const gateway = await open({ HTTP_PROXY: proxy.url });
			for (const answer of [await gateway.chat(), await gateway.post('/v1/messages', MESSAGE)]) {
				expect(answer.status).toBe(502);
				expect(await answer.text()).toContain(`could not be reached (PROXY_REFUSED: the proxy answered ${status})`);
			}
			expect(provider.requests).toEqual([]);
		},
	);

	it('a proxy that is not there is named as what failed', async () => {
		const gateway = await open({ HTTP_PROXY: 'http://127.0.0.1:1' });
		expect(await (await gateway.chat()).text()).toContain('(ECONNREFUSED: the proxy could not be reached)');
	});

	it('a webhook for alerts is reached through it', async () => {
		const rules = [{ scope: 'all', period: 'day', kind: 'soft', limit: 0.000001 }];
		const budget = { rules, notify: { webhook: { url: 'http://hooks.example/alert' } } };
		const gateway = await open({ HTTP_PROXY: proxy.url }, { budget });
		expect((await gateway.chat()).status).toBe(200);
		await gateway.running.gateway.runtime.system.close();
		expect(askedFor()).toContain('hooks.example:80');
		expect(provider.requests.map(({ path }) => path)).toContain('/alert');
	});
});

describe('what no proxy is asked for, since only it would know where that leads', () => {
	it.each(['http://8.8.8.8', 'http://134744072', 'http://[2606:4700::1111]', 'http://0x8.8.8.8/v1'])(
		'an address in place of a name: %s',
		async (baseUrl) => {
			const opened = open({ HTTP_PROXY: proxy.url }, {}, baseUrl);
			await expect(opened).rejects.toThrow(/baseUrl.*not called through a proxy.*NO_PROXY/s);
			await (await open({ HTTP_PROXY: proxy.url, NO_PROXY: new URL(baseUrl).hostname }, {}, baseUrl)).close();
		},
	);

	it.each([
		['2606:4700::1111', 'opens'],
		['2606:4700:0:0::1111', 'opens'],
		['models.example, [2606:4700:0::1111]', 'opens'],
		['[2606:4700::1111]:80', 'opens'],
		['2606:4700::', 'is refused'],
		['[2606:4700::1111]:443', 'is refused'],
		['2606:4700::1112', 'is refused'],
	])('NO_PROXY=%s, however the address is spelt: [2606:4700::1111] %s', async (none, outcome) => {
		const opened = open({ HTTP_PROXY: proxy.url, NO_PROXY: none }, {}, 'http://[2606:4700::1111]').then(
			() => 'opens',
			() => 'is refused',
		);
		expect(await opened).toBe(outcome);
	});

	it.each(['http://metadata.google.internal', 'http://169.254.169.254', 'http://[::ffff:100.100.100.200]'])(
		'a metadata service: %s',
		async (baseUrl) => {
			await expect(open({ HTTP_PROXY: proxy.url }, {}, baseUrl)).rejects.toThrow(/baseUrl/);
			expect(askedFor()).toEqual([]);
		},
	);

	it.each(['socks5://127.0.0.1:1', 'ftp://proxy', 'http://user:secret-word@'])(
		'a proxy at %s does not start, and the message shows no password',
		async (HTTPS_PROXY) => {
			const project = createTemporaryProject();
			closers.push(() => project.remove());
			const opened = openGateway({
				projectDirectory: project.path,
				environment: { HTTPS_PROXY, HOME: project.path },
				port: 0,
			});
			const error = await opened.catch(String);
			expect(error).toMatch(/HTTPS_PROXY.*not the address of an http or https proxy/);
			expect(error).not.toContain('secret-word');
		},
	);
});

describe('a company’s own certificate authority', () => {
	it('is trusted when NODE_EXTRA_CA_CERTS names it, through the proxy of HTTPS_PROXY; without it nothing is sent', async () => {
		const project = createTemporaryProject();
		closers.push(() => project.remove());
		const { ca, cert, key } = makeCertificates(project.path);
		const bodies: string[] = [];
		const server = createServer({ cert, key }, async (request, response) => {
			for await (const chunk of request) bodies.push(String(chunk));
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify(goodAnswer({ path: request.url ?? '' })));
		}).listen(0, '127.0.0.1');
		closers.push(() => server.close().closeAllConnections());
		await once(server, 'listening');
		const address = server.address();
		const secure = await startConnectProxy({
			'models.example:443': typeof address === 'object' && address !== null ? address.port : 0,
		});
		closers.push(() => secure.close());
		const folder = join(project.path, '.claude/orchestration/routing');
		mkdirSync(folder, { recursive: true });
		const models = { 'gpt-5-mini': 'gpt-5-mini' };
		const deployment = {
			id: 'company',
			kind: 'openai-compatible',
			auth: 'none',
			baseUrl: 'https://models.example/v1',
			models,
		};
		const fallback = { enabled: false, maxAttempts: 1 };
		writeFileSync(join(folder, 'config.json'), JSON.stringify({ deployments: [deployment], fallback }));
		const start = async (env: Record<string, string>): Promise<string> => {
			const child = project.start(process.execPath, [SWITCHYARD, 'serve', '--port', '0'], {
				env: { HTTPS_PROXY: secure.url, HTTP_PROXY: 'http://127.0.0.1:1', ...env },
				stdio: ['ignore', 'pipe', 'inherit'],
			});
			closers.push(() => child.kill('SIGKILL'));
			let said = '';
			for await (const chunk of child.stdout ?? []) {
				said += String(chunk);
				if (/listens at \S+/.test(said)) break;
			}
			return /listens at (\S+)/.exec(said)?.[1] ?? '';
		};
		const body = JSON.stringify(MESSAGE);
		const ask = async (url: string, path: string): Promise<[number, string]> => {
			const answer = await fetch(`${url}${path}`, { method: 'POST', body });
			return [answer.status, await answer.text()];
		};
		const paths = ['/v1/chat/completions', '/v1/messages'];
		const strict = await start({});
		for (const path of paths)
			expect(await ask(strict, path)).toEqual([502, expect.stringMatching(/UNABLE_TO_VERIFY|SELF_SIGNED/)]);
		expect(bodies).toEqual([]);
		const trusting = await start({ NODE_EXTRA_CA_CERTS: ca });
		for (const path of paths) expect(await ask(trusting, path)).toEqual([200, expect.stringContaining('Hello.')]);
		expect(new Set(secure.asked.map(({ authority }) => authority))).toEqual(new Set(['models.example:443']));
	});
});

// `npm run test:memory [-- <requests>]`: how much a gateway's heap grows for a request, once what it keeps is full.
// Half of the requests are streams and others fail; each has tags and a session of its own. Takes five minutes.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGateway } from '../src/gateway.ts';

/** Bytes a request may leave behind in the second half, after garbage collection. */
const MAX_BYTES_PER_REQUEST = 50;
const DEFAULT_REQUESTS = 50_000;
const CONNECTIONS = 16;

/** The gateway's process: opens it before a provider, and says on demand how large its heap is. */
async function runGateway(directory: string, provider: string): Promise<void> {
	const gateway = await openGateway({
		projectDirectory: directory,
		environment: { HOME: directory },
		port: 0,
		argumentValues: { fallback: { enabled: false, maxAttempts: 1 }, budget: { dailyLimit: 1e6, monthlyLimit: 1e6 } },
		simulated: {
			when: 'always',
			accesses: [
				{
					id: 'raw',
					kind: 'openai',
					credential: 'none',
					auth: 'api-key',
					apiKey: 'raw',
					baseUrl: provider,
					provider: 'openai',
					models: {},
				},
			],
		},
		watchConfig: false,
		onWarning: () => {},
	});
	process.on('message', async () => {
		await gateway.gateway.settled();
		await gateway.gateway.runtime.system.flush();
		for (let times = 0; times < 4; times += 1) {
			globalThis.gc?.();
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		process.send?.({ heapUsed: process.memoryUsage().heapUsed });
	});
	process.on('disconnect', () => process.exit());
	process.send?.({ port: gateway.port });
}

/** A provider of which every tenth answer is an error, and the others short streams. */
async function startProvider(): Promise<{ url: string; close(): void }> {
	let count = 0;
	const frame = (delta: object, finish: string | null, usage?: object) =>
		`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], usage })}\n\n`;
	const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
	const stream = `${frame({ role: 'assistant', content: 'hello' }, null)}${frame({}, 'stop', usage)}data: [DONE]\n\n`;
	const server = createServer((incoming, response) => {
		count += 1;
		const isError = count % 10 === 0;
		incoming.resume().once('end', () => {
			response.writeHead(isError ? 500 : 200, { 'content-type': isError ? 'application/json' : 'text/event-stream' });
			response.end(isError ? `{"error":{"message":"failure ${count}"}}` : stream);
		});
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, close: () => server.close() };
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** Sends one request: of five three are served, one names an unknown model and one is no request. */
async function send(port: number, at: number): Promise<void> {
	const name = (kind: string) => `${kind}-${at}-`.padEnd(at % 2 === 0 ? 20 : 200, 'x');
	const messages = at % 5 === 4 ? 'none' : [{ role: 'user', content: `Say hello to ${at}` }];
	const model = at % 5 === 3 ? `unknown-${at}` : 'gpt-5-mini';
	const outgoing = request({
		agent,
		host: '127.0.0.1',
		port,
		path: '/v1/chat/completions',
		method: 'POST',
		headers: {
			'content-type': 'application/json',
			'x-switchyard-tags': `${name('team')},${name('job')}`,
			'x-switchyard-session': name('session'),
		},
	});
	outgoing.end(JSON.stringify({ model, stream: true, messages, user: `user-${at}` }));
	const [response] = await once(outgoing, 'response');
	await once(response.resume(), 'end');
}

async function sendAll(port: number, from: number, to: number): Promise<void> {
	let next = from;
	const work = async () => {
		while (next < to) {
			next += 1;
			await send(port, next);
		}
	};
	await Promise.all(Array.from({ length: CONNECTIONS }, work));
}

async function measureHeap(child: ChildProcess): Promise<number> {
	child.send('heap');
	return (await once(child, 'message'))[0].heapUsed;
}

async function run(requests: number): Promise<void> {
	const directory = mkdtempSync(join(tmpdir(), 'switchyard-memory-'));
	const provider = await startProvider();
	const child = fork(import.meta.filename, ['gateway', directory, provider.url], { execArgv: ['--expose-gc'] });
	try {
		const [{ port }] = await once(child, 'message');
		await sendAll(port, 0, requests / 2);
		const before = await measureHeap(child);
		await sendAll(port, requests / 2, requests);
		const after = await measureHeap(child);
		const perRequest = (after - before) / (requests / 2);
		console.log(
			`heap after ${requests / 2} requests: ${(before / 1e6).toFixed(1)} MB, after ${requests}: ${(after / 1e6).toFixed(1)} MB`,
		);
		console.log(`${perRequest.toFixed(0)} bytes a request (at most ${MAX_BYTES_PER_REQUEST})`);
		if (perRequest > MAX_BYTES_PER_REQUEST) process.exitCode = 1;
	} finally {
		child.disconnect();
		agent.destroy();
		provider.close();
		rmSync(directory, { recursive: true, force: true });
	}
}

const [, , first, directory = '', provider = ''] = process.argv;
if (first === 'gateway') await runGateway(directory, provider);
else await run(Number(first ?? DEFAULT_REQUESTS));

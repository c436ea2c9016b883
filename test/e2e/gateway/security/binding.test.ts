import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenGateway, openGateway } from '../../../../src/gateway.ts';
import { createTemporaryProject, type TemporaryProject } from '../../../support/temporary-project.ts';

let project: TemporaryProject;
let running: OpenGateway | null = null;

beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(async () => {
	await running?.close();
	running = null;
	project.remove();
});

function configure(gateway: object): void {
	const file = join(project.path, '.claude/orchestration/routing/config.json');
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, JSON.stringify({ gateway }));
}

async function open(host?: string): Promise<OpenGateway> {
	running = await openGateway({
		projectDirectory: project.path,
		environment: { HOME: project.path },
		port: 0,
		...(host === undefined ? {} : { host }),
		watchConfig: false,
		onWarning: () => {},
	});
	return running;
}

describe('the gateway is open to this machine only, unless it asks who calls', () => {
	it('where nothing is said it listens on loopback', async () => {
		expect((await open()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
	});

	it.each(['0.0.0.0', '::', '::ffff:0.0.0.0', '[::]', '192.168.1.4', 'gateway.example'])(
		'at %s it does not start without keys',
		async (host) => {
			await expect(open(host)).rejects.toThrow(/gateway\.host/);
		},
	);

	it('at every address of the machine it starts with keys, and answers nobody without one', async () => {
		configure({ requireKey: true });
		const { port } = await open('0.0.0.0');
		const answers = ['/v1/models', '/metrics', '/admin/v1/config', '/admin/v1/keys'].map((path) =>
			fetch(`http://127.0.0.1:${port}${path}`),
		);
		expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([401, 401, 401, 401]);
		expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
	});

	it('a configuration that would open it to everybody while it runs is refused', async () => {
		configure({ requireKey: true });
		const { port, reload } = await open('0.0.0.0');
		configure({ requireKey: false });
		await reload();
		expect((await fetch(`http://127.0.0.1:${port}/v1/models`)).status).toBe(401);
	});

	it('a key in the address opens nothing but what a key opens', async () => {
		configure({ requireKey: true });
		const { url } = await open();
		for (const query of ['?key=', '?key=x', '?KEY=sk-sy-0', '?key=%27%20OR%201=1', '?requireKey=false'])
			expect((await fetch(`${url}/v1/models${query}`)).status).toBe(401);
	});
});

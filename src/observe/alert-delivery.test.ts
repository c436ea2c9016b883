import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../contracts/index.ts';
import { createAlertDelivery } from './alert-delivery.ts';

const EVENT: Parameters<ReturnType<typeof createAlertDelivery>['deliver']>[0] = {
	type: 'budget-alert',
	period: 'day',
	thresholdPercent: 75,
	spentUsd: 7.5,
	limitUsd: 10,
	scope: 'all',
	periodKey: '2026-11-24',
};
const SECRET = 'whsec_canary_1234567890';

interface Received {
	headers: IncomingHttpHeaders;
	body: string;
}

const received: Received[] = [];
const logged: string[] = [];
const log = (message: string, fields?: unknown): void => void logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
const logger: Logger = { error: log, warn: log, info: log, debug: log };
let failures = 0;
const server = createServer((request, response) => {
	let body = '';
	request.on('data', (chunk: Buffer) => {
		body += chunk.toString('utf8');
	});
	request.on('end', () => {
		received.push({ headers: request.headers, body });
		const fails = failures > 0;
		failures -= 1;
		response.writeHead(fails ? 503 : 204).end();
	});
});

let url = '';
beforeEach(async () => {
	received.length = 0;
	logged.length = 0;
	failures = 0;
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	// a listening TCP server has an address with a port
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
});
afterEach(async () => {
	await new Promise((resolve) => {
		server.close(resolve);
	});
});

describe('the webhook', () => {
	it('gets the alert signed, so that the receiver knows who sent it and when', async () => {
		const now = () => 1_764_000_000_000;
		const delivery = createAlertDelivery({ webhook: { url, secret: SECRET }, logger, now });
		delivery.deliver(EVENT);
		await delivery.close();
		const [{ headers, body } = { headers: {}, body: '' }] = received;
		expect(JSON.parse(body)).toEqual(EVENT);
		const mac = createHmac('sha256', SECRET).update(`1764000000.${body}`).digest('hex');
		expect(headers['x-switchyard-signature']).toBe(`t=1764000000,v1=${mac}`);
		expect(logged).toEqual([]);
	});

	it('is asked again when it fails, and no alert is lost', async () => {
		failures = 2;
		const delivery = createAlertDelivery({ webhook: { url, secret: null }, logger, firstRetryDelayMs: 1 });
		delivery.deliver(EVENT);
		await delivery.close();
		expect(received).toHaveLength(3);
		expect(received[0]?.headers['x-switchyard-signature']).toBeUndefined();
		expect(logged).toEqual([]);
	});

	it('that never answers well is given up, in the log, without the secret', async () => {
		failures = 100;
		const delivery = createAlertDelivery({ webhook: { url, secret: SECRET }, logger, firstRetryDelayMs: 1 });
		delivery.deliver(EVENT);
		await delivery.close();
		expect(received).toHaveLength(4);
		expect(logged.join()).toMatch(/did not reach the webhook.*503/);
		expect(logged.join()).not.toContain(SECRET);
	});

	it('holds nobody up: delivering returns before anything is sent', () => {
		const delivery = createAlertDelivery({
			webhook: { url: 'http://127.0.0.1:9/', secret: null },
			logger,
			firstRetryDelayMs: 1,
		});
		delivery.deliver(EVENT);
		expect(received).toEqual([]);
		return delivery.close();
	});
});

describe('the program', () => {
	it('gets the alert as JSON on its input', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'switchyard-alert-'));
		const file = join(folder, 'alert.json');
		const script = `process.stdin.pipe(require('node:fs').createWriteStream(process.argv[1]))`;
		const delivery = createAlertDelivery({ command: [process.execPath, '-e', script, file], logger });
		delivery.deliver(EVENT);
		await delivery.close();
		expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(EVENT);
		expect(logged).toEqual([]);
		rmSync(folder, { recursive: true });
	});

	it('that is not there or fails is told in the log', async () => {
		const missing = createAlertDelivery({ command: ['/no/such/program'], logger });
		missing.deliver(EVENT);
		await missing.close();
		const failing = createAlertDelivery({ command: [process.execPath, '-e', 'process.exit(3)'], logger });
		failing.deliver(EVENT);
		await failing.close();
		expect(logged).toEqual([expect.stringContaining('ENOENT'), expect.stringContaining('the program ended with 3')]);
	});
});

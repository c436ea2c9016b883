import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAT, openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

/** Requests served at once, here; more callers than that dawdle. */
const PLACES = 4;
const PATIENCE_MS = 1500;
let gateway: SecurityGateway;

beforeAll(async () => {
	const limits = { bodyTimeoutMs: PATIENCE_MS, maxConcurrent: PLACES, maxQueued: PLACES, queueTimeoutMs: 1000 };
	gateway = await openSecurityGateway({ config: { gateway: { limits } } });
});
afterAll(() => gateway.close());

const BODY = JSON.stringify(CHAT);
const lines = () => [`Host: 127.0.0.1:${gateway.port}`, `Content-Length: ${BODY.length}`];

describe('callers that send a byte now and then', () => {
	it('are cut off in time, in the head as in the body, and everybody else is served meanwhile', async () => {
		const whole = rawRequest('POST /v1/chat/completions', lines(), BODY);
		const slow = (text: string, at: number) => [text.slice(0, at), ...text.slice(at, at + 40)];
		const options = { pauseMs: 200, waitMs: 30_000 };
		const dawdlers = Array.from({ length: 4 * PLACES }, (_, index) =>
			sendRaw(gateway.port, slow(whole, index % 2 === 0 ? 40 : whole.length - 60), options),
		);
		const others = Promise.all(Array.from({ length: PLACES }, () => gateway.chat()));
		// Before any of the slow ones is cut off.
		const first = await Promise.race([others, ...dawdlers]);
		expect(first).toBe(await others);
		expect((await others).map(({ status }) => status)).toEqual(Array.from({ length: PLACES }, () => 200));
		const cut = await Promise.all(dawdlers);
		expect(cut).toHaveLength(4 * PLACES);
		for (const { isClosed, statuses } of cut) {
			expect(isClosed).toBe(true);
			expect([[], [408], [400]]).toContainEqual(statuses);
		}
		expect(gateway.running.gateway.queue.running).toBe(0);
	});

	it('and leave in the middle take nothing with them', async () => {
		const half = rawRequest('POST /v1/chat/completions', lines(), BODY.slice(0, 20));
		await Promise.all(Array.from({ length: 50 }, () => sendRaw(gateway.port, half, { waitMs: 50 })));
		expect((await gateway.chat()).status).toBe(200);
		await gateway.running.gateway.settled();
		expect(gateway.running.gateway.queue.running).toBe(0);
	});
});

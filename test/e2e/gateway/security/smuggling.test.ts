import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHAT, openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

let gateway: SecurityGateway;

beforeAll(async () => {
	gateway = await openSecurityGateway();
});
beforeEach(() => {
	gateway.witness.requests.length = 0;
});
afterAll(() => gateway.close());

const BODY = JSON.stringify(CHAT);
const LINE = 'POST /v1/chat/completions';
const host = () => `Host: 127.0.0.1:${gateway.port}`;
const length = `Content-Length: ${BODY.length}`;
const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
/** A request that hides in another one’s body. */
const HIDDEN = 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('a request that two readers read in different ways is read by nobody', () => {
	it.each([
		['a length and chunks', ['Transfer-Encoding: chunked', 'Content-Length: 6'], `0\r\n\r\n${HIDDEN}`],
		['chunks and a length', ['Content-Length: 6', 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`],
		['two lengths', [length, 'Content-Length: 5'], BODY],
		['a list of lengths', [`Content-Length: ${BODY.length}, 5`], BODY],
		['a negative length', ['Content-Length: -1'], BODY],
		['a length with a sign', [`Content-Length: +${BODY.length}`], BODY],
		['an encoding nobody knows', ['Transfer-Encoding: xchunked'], chunked],
		['chunks that are not the last encoding', ['Transfer-Encoding: chunked, identity'], chunked],
		['a header continued on the next line', ['X-One: 1', ' Transfer-Encoding: chunked', length], BODY],
		['a space before the colon', ['Content-Length : 5', length], BODY],
		['a name with a line break', ['X-One: 1\nTransfer-Encoding: chunked', length], BODY],
		['a zero byte', ['X-One: a\u0000b', length], BODY],
		['chunks of no size', ['Transfer-Encoding: chunked'], `zz\r\n${BODY}\r\n0\r\n\r\n`],
		['chunks of more than any size', ['Transfer-Encoding: chunked'], `fffffffffffffffff\r\n${BODY}`],
	])('%s', async (_name, lines, body) => {
		const answer = await sendRaw(gateway.port, rawRequest(LINE, [host(), ...lines], body), { answers: 2, waitMs: 700 });
		expect(answer.statuses).toEqual([400]);
		expect(answer.isClosed).toBe(true);
		expect(gateway.witness.requests).toEqual([]);
	});

	it('no host, an empty one, or two', async () => {
		for (const hosts of [[], ['Host: '], [host(), 'Host: evil.example']]) {
			const { status } = await sendRaw(gateway.port, rawRequest(LINE, [...hosts, length], BODY));
			expect([400, 403]).toContain(status);
		}
		expect(gateway.witness.requests).toEqual([]);
	});
});

describe('what HTTP allows is answered like everything else', () => {
	it('chunks, a body after a question, a wish to switch the protocol, a body that nobody needs', async () => {
		const plain = await sendRaw(gateway.port, rawRequest(LINE, [host(), 'Transfer-Encoding: chunked'], chunked));
		expect(plain.status).toBe(200);
		const asked = await sendRaw(gateway.port, rawRequest(LINE, [host(), length, 'Expect: 100-continue'], BODY));
		expect(asked.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
		const unknown = await sendRaw(gateway.port, rawRequest(LINE, [host(), length, 'Expect: 200-ok'], BODY));
		expect(unknown.status).toBe(417);
		const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: eA=='];
		expect((await sendRaw(gateway.port, rawRequest(LINE, [host(), length, ...upgrade], BODY))).status).toBe(200);
		expect((await sendRaw(gateway.port, rawRequest('GET /v1/models', [host(), length], BODY))).status).toBe(200);
		expect(gateway.witness.requests).toHaveLength(3);
	});

	it('requests one behind the other on a connection get their own answers, in their order', async () => {
		const one = (model: string) => {
			const body = JSON.stringify({ ...CHAT, model });
			return rawRequest(LINE, [host(), `Content-Length: ${body.length}`], body);
		};
		const lost = rawRequest('GET /v1/models/nothing', [host()]);
		const all = [one('gpt-5-mini'), lost, one('no-such-model'), one('gpt-5-nano')].join('');
		const { statuses, text } = await sendRaw(gateway.port, all, { answers: 4 });
		expect(statuses).toEqual([200, 404, 404, 200]);
		expect([...text.matchAll(/x-switchyard-model: (\S+)/g)].map(([, model]) => model)).toEqual([
			'gpt-5-mini',
			'gpt-5-nano',
		]);
	});

	it('an error in the middle of a body ends the connection, so that the rest is no request', async () => {
		const lines = [host(), 'Content-Encoding: nonsense', 'Content-Length: 100'];
		const { isClosed, statuses } = await sendRaw(gateway.port, rawRequest(LINE, lines, HIDDEN), { answers: 2 });
		expect(statuses).toEqual([400]);
		expect(isClosed).toBe(true);
	});

	it('thousands of headers, or one that is huge, cost a refusal', async () => {
		const many = Array.from({ length: 8000 }, (_, at) => `x-${at}: 1`);
		const huge = [`x-huge: ${'a'.repeat(100_000)}`];
		for (const lines of [many, huge]) {
			expect((await sendRaw(gateway.port, rawRequest(LINE, [host(), length, ...lines], BODY))).status).toBe(431);
		}
		expect(gateway.witness.requests).toEqual([]);
	});
});

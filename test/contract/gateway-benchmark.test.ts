import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnswerReader } from '../../benchmarks/gateway/load/answer-reader.ts';
import { checkFrames } from '../../benchmarks/gateway/load/load-record.ts';
import { sendLoad } from '../../benchmarks/gateway/load/send-load.ts';
import { slope } from '../../benchmarks/gateway/measure/measure-memory.ts';
import { makeBody } from '../../benchmarks/gateway/measure/request-bodies.ts';
import { contentText, FAST_STREAM } from '../../benchmarks/gateway/mock/behaviour.ts';
import { MockConnection } from '../../benchmarks/gateway/mock/mock-connection.ts';
import { MockState } from '../../benchmarks/gateway/mock/mock-state.ts';

const frames = (indexes: readonly number[]) =>
	indexes.map((index) => `data: {"delta":{"content":"${contentText(index)}"}}\n\n`).join('');

describe('the gateway benchmark, whose figures are published', () => {
	let folder: string;
	let server: Server;
	let port: number;

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-test-'));
		const state = new MockState();
		state.administer('/__behaviour', Buffer.from(JSON.stringify(FAST_STREAM)));
		server = createServer((socket) => new MockConnection(socket, state));
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		// a TCP server's address is an object
		port = (server.address() as AddressInfo).port;
	});
	afterEach(() => {
		server.close();
		rmSync(folder, { recursive: true });
	});

	it.each(['openai', 'anthropic'] as const)('counts every frame of every %s stream', async (api) => {
		const bodyFile = join(folder, 'body.json');
		writeFileSync(bodyFile, makeBody({ api, model: 'm', bytes: 1024, isStream: true }));
		const result = await sendLoad({
			mode: 'closed',
			port,
			path: api === 'openai' ? '/v1/chat/completions' : '/v1/messages',
			headers: {},
			bodyFiles: [bodyFile],
			stream: { frames: 200, endMark: api === 'openai' ? '[DONE]' : 'message_stop' },
			durationMs: 10_000,
			warmupMs: 0,
			ratePerSecond: 1,
			connections: 8,
			maxRequests: 16,
			drainMs: 10_000,
		});
		expect(result).toMatchObject({
			status: { 200: 16 },
			errors: {},
			frames: 3200,
			wrongFrames: 0,
			unendedStreams: 0,
		});
	});

	it('sees a frame that is lost, doubled or in the wrong place', () => {
		const wrong = (indexes: readonly number[]) => checkFrames(frames(indexes), 4).wrong;
		expect(wrong([0, 1, 2, 3])).toBe(0);
		expect(wrong([0, 1, 3])).toBe(1);
		expect(wrong([0, 2, 1, 3])).toBe(1);
		expect(wrong([0, 1, 1, 2, 3])).toBe(1);
	});

	it('reads an answer the same way wherever it is cut', () => {
		const answer = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n';
		for (let at = 1; at < answer.length; at += 1) {
			let body = '';
			const reader = new AnswerReader({ onBody: (data) => (body += data.toString()) });
			reader.feed(Buffer.from(answer.slice(0, at)));
			reader.feed(Buffer.from(answer.slice(at)));
			expect([body, reader.status, reader.isComplete]).toEqual(['hello world', 200, true]);
		}
	});

	it('tells a leak of 100 bytes a request from none', () => {
		const samples = (bytes: number) =>
			Array.from({ length: 50 }, (_, step) => ({
				requests: step * 1000,
				residentKib: 100_000 + (step * 1000 * bytes) / 1024,
			}));
		expect(slope(samples(100))).toBeCloseTo(100);
		expect(slope(samples(0))).toBe(0);
	});

	it.each([1024, 102_400])('sends bodies of the size it says: %i bytes', (bytes) => {
		for (const api of ['openai', 'anthropic'] as const) {
			const size = Buffer.byteLength(makeBody({ api, model: 'm', bytes, isStream: false }));
			expect(Math.abs(size - bytes)).toBeLessThan(bytes * 0.02);
		}
	});
});

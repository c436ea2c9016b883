import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdempotencyStore, Logger } from '../../contracts/index.ts';
import { createMemoryStorage } from '../../storage/memory/index.ts';
import { openSqliteStorage } from '../../storage/sqlite/index.ts';
import { ManualClock } from '../../testing/index.ts';
import {
	type AnswerRecorder,
	IDEMPOTENCY_HEADER,
	Idempotency,
	type IdempotentRequest,
	type IdempotentResult,
} from './index.ts';

const HEADERS = { 'content-type': 'application/json' };
const conflict = (message: RegExp): unknown =>
	expect.objectContaining({ code: 'ROUTER_IDEMPOTENCY_CONFLICT', message: expect.stringMatching(message) });

function asked(change: Partial<IdempotentRequest> = {}): IdempotentRequest {
	const { signal } = new AbortController();
	return { owner: 'a', key: 'order-1', requestHash: 'h', ttlMs: 86_400_000, timeoutMs: 60_000, signal, ...change };
}

class Lines implements Logger {
	readonly lines: string[] = [];
	error(message: string): void {
		this.lines.push(message);
	}
	warn(message: string): void {
		this.lines.push(message);
	}
	info(): void {}
	debug(): void {}
}

function bench(store: IdempotencyStore = createMemoryStorage().idempotency) {
	const clock = new ManualClock();
	const logger = new Lines();
	let produced = 0;
	const process = (): Idempotency => new Idempotency({ store: () => store, clock, logger, maxAnswerBytes: 1000 });
	const say = (text: string, afterMs = 0) => {
		return async (recorder: AnswerRecorder): Promise<boolean> => {
			produced += 1;
			if (afterMs > 0) await clock.sleep(afterMs);
			recorder.onHead({ status: 200, headers: HEADERS });
			for (const letter of text) recorder.onData(letter);
			return true;
		};
	};
	return { clock, store, logger, process, say, produced: () => produced };
}

function textOf(answer: IdempotentResult): string | null {
	return answer.kind === 'repeated' ? Buffer.from(answer.answer.body).toString() : null;
}

describe('a request sent twice is executed once', () => {
	it('a repeat is given the first answer, head and body, marked as such', async () => {
		const { process, say, produced } = bench();
		const gateway = process();
		expect(await gateway.runOnce(asked(), say('größe'))).toEqual({ kind: 'produced' });
		const again = await gateway.runOnce(asked(), say('never'));
		expect(again).toMatchObject({
			answer: { status: 200, headers: { ...HEADERS, [IDEMPOTENCY_HEADER]: 'repeated' } },
		});
		expect([textOf(again), produced()]).toEqual(['größe', 1]);
	});

	it('one that is under way is joined, in this process and in another', async () => {
		const { clock, process, say, produced } = bench();
		const here = process();
		const first = here.runOnce(asked(), say('once', 45_000));
		await clock.advance(10);
		const others = [here, here, process(), process()].map((one) => one.runOnce(asked(), say('never')));
		await clock.settle(Promise.all([first, ...others]));
		expect((await Promise.all(others)).map(textOf)).toEqual(['once', 'once', 'once', 'once']);
		expect(produced()).toBe(1);
		expect(clock.sleeping).toBe(0);
	});

	it('after a restart within its lifetime the answer is given, after it the request is new', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'switchyard-idempotency-'));
		const path = join(folder, 'routing.db');
		const clock = new ManualClock();
		const run = async (text: string): Promise<string | null> => {
			const storage = await openSqliteStorage({ path });
			const gateway = new Idempotency({ store: () => storage.idempotency, clock, logger: new Lines() });
			const answer = await gateway.runOnce(asked(), bench().say(text));
			await storage.close();
			return textOf(answer);
		};
		expect(await run('first')).toBeNull();
		await clock.advance(86_399_999);
		expect(await run('never')).toBe('first');
		await clock.advance(1);
		expect(await run('second')).toBeNull();
		await rm(folder, { recursive: true });
	});

	it('the answer of another tenant is never given, though key and request are the same', async () => {
		const { process, say, produced } = bench();
		const gateway = process();
		await gateway.runOnce(asked({ owner: 'a' }), say('of a'));
		for (const owner of ['b', 'local', 'a"', 'a","order-1'])
			expect((await gateway.runOnce(asked({ owner }), say(`of ${owner}`))).kind).toBe('produced');
		expect(produced()).toBe(5);
	});

	it('the same key with another request is refused and nothing is called, also while the first runs', async () => {
		const { clock, process, say, produced } = bench();
		const gateway = process();
		const first = gateway.runOnce(asked(), say('once', 100));
		await clock.advance(10);
		const other = asked({ requestHash: 'another' });
		const refused = conflict(/came before with another request/);
		await expect(gateway.runOnce(other, say('never'))).rejects.toEqual(refused);
		await expect(process().runOnce(other, say('never'))).rejects.toEqual(refused);
		await clock.settle(first);
		await expect(gateway.runOnce(other, say('never'))).rejects.toEqual(refused);
		expect(produced()).toBe(1);
	});

	it('one that failed is executed anew: by who asks again, and by one of those who waited', async () => {
		const { clock, process, say, produced } = bench();
		const gateway = process();
		const failing = gateway.runOnce(asked(), async () => {
			await clock.sleep(100);
			throw new Error('overloaded');
		});
		failing.catch(() => {});
		await clock.advance(10);
		const waiting = [gateway, gateway, process()].map((one) => one.runOnce(asked(), say('anew', 100)));
		await clock.settle(Promise.all(waiting));
		await expect(failing).rejects.toThrow('overloaded');
		expect((await Promise.all(waiting)).map((answer) => answer.kind).sort()).toEqual([
			'produced',
			'repeated',
			'repeated',
		]);
		expect(produced()).toBe(1);
		expect((await gateway.runOnce(asked({ key: 'x' }), async () => false)).kind).toBe('produced');
		expect((await gateway.runOnce(asked({ key: 'x' }), say('anew'))).kind).toBe('produced');
	});

	it('one whose process died is taken over when its claim lapses, not before', async () => {
		const { clock, store, process, say } = bench();
		const now = clock.now();
		// a process that claimed and was killed
		const dead = { scope: 'a', key: 'order-1', owner: 'dead', requestHash: 'h', now, leaseUntil: now + 30_000 };
		await store.claim(dead);
		const answer = process().runOnce(asked(), say('taken over'));
		await clock.advance(29_000);
		expect(await store.renew({ ...dead, leaseUntil: now + 30_000 })).toBe(true);
		expect(await clock.settle(answer)).toEqual({ kind: 'produced' });
		expect(clock.now() - now).toBeLessThan(31_001);
	});

	it('who waits does so no longer than it wants, is told when to come back, and may leave', async () => {
		const { clock, process, say, produced } = bench();
		const gateway = process();
		const first = gateway.runOnce(asked(), say('slow', 50_000));
		await clock.advance(10);
		for (const one of [gateway, process()]) {
			const late = one.runOnce(asked({ timeoutMs: 2000 }), say('never')).catch((error: unknown) => error);
			await clock.advance(2000);
			expect(await late).toMatchObject({ code: 'ROUTER_OVERLOADED', retryAfterMs: 1000 });
			const stop = new AbortController();
			const gone = one.runOnce(asked({ signal: stop.signal }), say('never')).catch((error: unknown) => error);
			await clock.advance(100);
			stop.abort(new Error('gone'));
			expect(await gone).toEqual(new Error('gone'));
		}
		await clock.settle(first);
		expect([produced(), clock.sleeping]).toEqual([1, 0]);
	});

	it('an answer too long to be kept is not executed again either, and the repeat is told', async () => {
		const { process, say, produced } = bench();
		const gateway = process();
		await gateway.runOnce(asked(), say('x'.repeat(1001)));
		const told = conflict(/longer than 1000 bytes and was not kept/);
		await expect(gateway.runOnce(asked(), say('never'))).rejects.toEqual(told);
		await expect(process().runOnce(asked(), say('never'))).rejects.toEqual(told);
		expect(produced()).toBe(1);
	});

	it('keys that cannot be are refused, and any printable one is taken as it is', async () => {
		const { process, say } = bench();
		for (const key of ['', 'x'.repeat(256), 'a\u0000b', 'a\nb', 'é'])
			await expect(process().runOnce(asked({ key }), say('never'))).rejects.toMatchObject({
				code: 'ROUTER_INVALID_INPUT',
			});
		for (const key of ["' OR '1'='1", '%', '"; DROP TABLE idempotency_answers; --', 'x'.repeat(255)]) {
			expect((await process().runOnce(asked({ key }), say(key))).kind).toBe('produced');
			expect(textOf(await process().runOnce(asked({ key }), say('never')))).toBe(key);
		}
	});

	it('storage that fails is told before anything is called, and in the log when the answer is out', async () => {
		const working = createMemoryStorage().idempotency;
		const broken = async () => {
			throw new Error('disk full');
		};
		const unclaimable = bench({ ...working, claim: broken });
		await expect(unclaimable.process().runOnce(asked(), unclaimable.say('never'))).rejects.toThrow('disk full');
		expect(unclaimable.produced()).toBe(0);
		const unsaved = bench({ ...working, save: broken });
		expect(await unsaved.process().runOnce(asked(), unsaved.say('sent'))).toEqual({ kind: 'produced' });
		expect(unsaved.logger.lines).toEqual([expect.stringMatching(/could not be kept/)]);
	});

	it('whatever the timing, number of processes and failures: never two at once, never again after a whole answer', async () => {
		const arrivals = fc.array(
			fc.record({
				afterMs: fc.integer({ min: 0, max: 40_000 }),
				process: fc.integer({ min: 0, max: 2 }),
				takesMs: fc.integer({ min: 0, max: 90_000 }),
				fails: fc.boolean(),
			}),
			{ minLength: 1, maxLength: 12 },
		);
		await fc.assert(
			fc.asyncProperty(arrivals, async (sequence) => {
				const { clock, process } = bench();
				const gateways = [process(), process(), process()];
				let running = 0;
				let whole = 0;
				const requests: Array<Promise<unknown>> = [];
				for (const { afterMs, process: index, takesMs, fails } of sequence) {
					await clock.advance(afterMs);
					const answer = gateways[index]?.runOnce(asked({ timeoutMs: 1e9 }), async (recorder) => {
						running += 1;
						expect([running, whole]).toEqual([1, 0]);
						await clock.sleep(takesMs);
						running -= 1;
						if (fails) throw new Error('failed');
						whole += 1;
						recorder.onHead({ status: 200, headers: {} });
						return true;
					});
					requests.push(
						(answer ?? Promise.resolve()).catch((error: unknown) => expect(error).toEqual(new Error('failed'))),
					);
				}
				await clock.settle(Promise.all(requests));
				expect(clock.sleeping).toBe(0);
			}),
			{ numRuns: 60 },
		);
	});
});

import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/index.ts';
import { mergeMetrics } from './merge-metrics.ts';
import type { Envelope } from './messages.ts';
import { Primary, type WorkerProcess } from './primary.ts';

/** A worker that says what the test has it say. */
class FakeWorker implements WorkerProcess {
	readonly sent: Envelope[] = [];
	#listeners: Array<(envelope: Envelope) => void> = [];
	#ends: Array<() => void> = [];
	send(envelope: Envelope): void {
		this.sent.push(envelope);
	}
	onEnvelope(listener: (envelope: Envelope) => void): void {
		this.#listeners.push(listener);
	}
	onEnd(listener: () => void): void {
		this.#ends.push(listener);
	}
	close(): void {}
	kill(): void {
		for (const end of this.#ends) end();
	}
	say(envelope: Envelope): void {
		for (const listener of this.#listeners) listener(envelope);
	}
	/** What was answered to a call. */
	answerTo(call: number): Envelope | undefined {
		return this.sent.find((envelope) => 'reply' in envelope && envelope.reply === call);
	}
}

async function start() {
	const clock = new ManualClock();
	const workers: FakeWorker[] = [];
	const notes: string[] = [];
	const create = (): FakeWorker => {
		const worker = new FakeWorker();
		workers.push(worker);
		return worker;
	};
	const primary = new Primary({ count: 2, clock, start: create, onNote: (note) => notes.push(note) });
	const started = primary.start();
	for (const worker of workers) worker.say({ notice: { kind: 'listening', report: 'here', drainTimeoutMs: 1 } });
	await started;
	const [one, other] = workers;
	if (one === undefined || other === undefined) throw new Error('two were started');
	return { clock, notes, one, other, primary, workers };
}

const ONE_AT_ONCE = { key: { id: 'key', limits: { maxParallel: 1 } }, tokens: 1 };

describe('the process that starts workers', () => {
	it('gives a dead worker’s place to the next request, and none to one that waited there', async () => {
		const { clock, one, other } = await start();
		one.say({ call: 1, kind: 'admit', ask: ONE_AT_ONCE });
		one.say({ call: 2, kind: 'admit', ask: ONE_AT_ONCE });
		await clock.advance(10);
		one.kill();
		await clock.advance(200);
		other.say({ call: 1, kind: 'admit', ask: ONE_AT_ONCE });
		await clock.advance(200);
		expect(other.answerTo(1)).toMatchObject({ answer: { id: expect.any(Number) } });
	});

	it('tells of a worker that hangs what it last told, and of a dead one what it had counted', async () => {
		const { clock, one, other } = await start();
		let calls = 0;
		/** What one worker gets where the given ones answer, by what each of them has counted. */
		const scrape = async (...answers: ReadonlyArray<readonly [FakeWorker, number]>): Promise<string> => {
			calls += 1;
			one.say({ call: calls, kind: 'metrics', ask: null });
			await clock.advance(1);
			for (const [worker, count] of answers) {
				const asked = worker.sent.findLast((envelope) => 'call' in envelope);
				const counted = `# HELP a_total A.\n# TYPE a_total counter\na_total ${count}\n`;
				const gauge = `# HELP b B.\n# TYPE b gauge\nb ${count}\n`;
				worker.say({ reply: asked !== undefined && 'call' in asked ? asked.call : 0, answer: counted + gauge });
			}
			await clock.advance(6000);
			const told = one.answerTo(calls);
			return mergeMetrics(told !== undefined && 'answer' in told ? (told.answer as string[]) : []);
		};
		expect(await scrape([one, 3], [other, 4])).toContain('\na_total 7\n');
		expect(await scrape([one, 5])).toContain('\na_total 9\n');
		other.kill();
		const left = await scrape([one, 6]);
		expect(left).toContain('\na_total 10\n');
		expect(left).toContain('\nb 6\n');
		await clock.advance(60_000);
	});

	it('starts another in place of a dead one after a pause that doubles, and none once it stops', async () => {
		const { clock, notes, one, primary, workers } = await start();
		one.kill();
		await clock.advance(499);
		expect(workers).toHaveLength(2);
		await clock.advance(1);
		expect(workers).toHaveLength(3);
		workers[2]?.kill();
		expect(notes.at(-1)).toContain('another is started in 1 s');
		primary.stop();
		workers[1]?.kill();
		await primary.ended;
		await clock.advance(60_000);
		expect(workers).toHaveLength(3);
		expect(clock.sleeping).toBe(0);
	});
});

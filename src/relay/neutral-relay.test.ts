import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import type { Usage } from '../contracts/index.ts';
import { getTokenRates } from '../protocol/index.ts';
import { ManualClock } from '../testing/index.ts';
import { type NeutralAttempt, NeutralRelay, type NeutralSink, OutputMeter } from './index.ts';

const text = (delta: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '1', delta });
const START: LanguageModelV4StreamPart = { type: 'stream-start', warnings: [] };
const finish = (unified: 'stop' | 'length' | 'error' | 'interrupted' = 'stop'): LanguageModelV4StreamPart => ({
	type: 'finish',
	finishReason: { unified, raw: undefined },
	usage: {
		inputTokens: { total: 7, noCache: 7, cacheRead: undefined, cacheWrite: undefined },
		outputTokens: { total: 3, text: 3, reasoning: undefined },
	},
});

/** A sink whose reader takes as much as it is told to. */
class TestSink implements NeutralSink {
	held: string[] = [];
	readonly sent: string[] = [];
	isCommitted = false;
	isSlow = false;
	drain: () => void = () => {};

	write(part: LanguageModelV4StreamPart): boolean {
		this.held.push('delta' in part ? part.delta : part.type);
		if (this.isCommitted) this.sent.push(...this.held.splice(0));
		return !this.isSlow;
	}
	endEarly(reason: 'length', usage: Usage): boolean {
		this.held.push(`${reason} after ${usage.outputTokens}`);
		return true;
	}
	commit(): boolean {
		this.isCommitted = true;
		this.sent.push(...this.held.splice(0));
		return !this.isSlow;
	}
	discard(): void {
		this.held = [];
	}
	onDrain(callback: () => void): void {
		this.drain = callback;
	}
}

type Script = (controller: ReadableStreamDefaultController<LanguageModelV4StreamPart>) => unknown;

/** A meter that ends what is beyond these tokens; four characters are one. */
function createMeter(allowedTokens: number): OutputMeter {
	return new OutputMeter(
		{ allowedTokens, limitTokens: allowedTokens },
		getTokenRates({ provider: 'openai', modelId: 'm' }),
		undefined,
	);
}

function bench(change: Partial<NeutralAttempt> = {}) {
	const clock = new ManualClock();
	const sink = new TestSink();
	const sent: LanguageModelV4CallOptions[] = [];
	/** Relays what the script streams. */
	const relay = (script: Script | LanguageModelV4StreamPart[]) => {
		const start: Script = Array.isArray(script)
			? (controller) => {
					for (const part of script) controller.enqueue(part);
					controller.close();
				}
			: script;
		const model = {
			doStream: async (options: LanguageModelV4CallOptions) => {
				sent.push(options);
				return {
					stream: new ReadableStream({ start }),
					response: { headers: { 'x-a': 'b' } },
				};
			},
		} as unknown as LanguageModelV4; // as much of a model as a relay calls
		return new NeutralRelay(
			{
				clock,
				openModel: () => model,
				options: { prompt: [] },
				target: { provider: 'local', model: 'm' },
				modelName: 'test-model',
				timeouts: { firstOutputMs: 5000, idleMs: 1000 },
				signal: new AbortController().signal,
				output: createMeter(1_000_000),
				answerFormat: null,
				expectedInputTokens: 20,
				usageLimits: { inputTokens: 10_000, outputTokens: 10_000 },
				isHeldWhole: false,
				onHeaders: () => {},
				...change,
			},
			sink,
		);
	};
	return { clock, relay, sent, sink };
}

describe('an answer goes out whole or not at all', () => {
	it('nothing is sent before there is output, everything after it, and the end says what was used', async () => {
		const { relay, sink } = bench();
		const parts: string[][] = [];
		const run = relay((controller) => {
			controller.enqueue(START);
			controller.enqueue({ type: 'text-start', id: '1' });
			setImmediate(() => {
				parts.push([...sink.sent]);
				controller.enqueue(text('Hi'));
				controller.enqueue(finish());
			});
		}).run();
		expect(await run).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 3 } });
		expect(parts).toEqual([[]]);
		expect(sink.sent).toEqual(['stream-start', 'text-start', 'Hi', 'finish']);
	});

	it('where it is held back whole, nothing is sent before its end', async () => {
		const { relay, sink } = bench({ isHeldWhole: true });
		const failed = relay((controller) => {
			controller.enqueue(text('half'));
			setImmediate(() => controller.error(new Error('reset')));
		}).run();
		await expect(failed).rejects.toMatchObject({ code: 'ROUTER_STREAM_INTERRUPTED' });
		expect([sink.isCommitted, sink.held]).toEqual([false, []]);
	});

	it('what a failed attempt wrote before its first output is gone: the next one starts on a clean sheet', async () => {
		const { relay, sink } = bench();
		const failure = new Error('overloaded');
		await expect(relay([START, { type: 'error', error: failure }]).run()).rejects.toMatchObject({
			code: 'ROUTER_PROVIDER_CALL',
		});
		expect(sink.held).toEqual([]);
		await relay([text('second'), finish()]).run();
		expect(sink.sent).toEqual(['second', 'finish']);
	});

	it.each(['error', 'interrupted'] as const)(
		'a stream that ends with %s is a failure, never a clean end',
		async (reason) => {
			const { relay, sink } = bench();
			await expect(relay([text('half'), finish(reason)]).run()).rejects.toMatchObject({
				code: 'ROUTER_STREAM_INTERRUPTED',
				message: 'local stopped in the middle of its answer (test-model).',
			});
			expect(sink.sent).toEqual(['half']);
		},
	);

	it('nor is one that just stops, or one with nothing in it', async () => {
		const { relay } = bench();
		await expect(relay([text('half')]).run()).rejects.toThrow('without saying that the answer is complete');
		const noReason = { ...finish(), finishReason: { unified: 'other' as const, raw: undefined } };
		await expect(relay([START, noReason]).run()).rejects.toThrow('ended its stream without any output');
		expect(await relay([text('all'), noReason]).run()).toMatchObject({ finishReason: null });
		// with a reason an answer may be empty: asked again it would be paid again
		expect(await relay([START, finish()]).run()).toMatchObject({ finishReason: 'stop' });
		expect(await relay([START, finish('length')]).run()).toMatchObject({ finishReason: 'length' });
	});
});

describe('an interrupted stream is metered by what came of it', () => {
	it('nothing is known before the provider responds; then input as expected and output as counted', async () => {
		const { relay } = bench();
		const attempt = relay([text('x'.repeat(401)), { type: 'error', error: new Error('cut') }]);
		expect(await attempt.usage()).toBe('unknown');
		await expect(attempt.run()).rejects.toThrow('broke off in the middle of its answer');
		expect(await attempt.usage()).toMatchObject({ inputTokens: 20, outputTokens: 651, isEstimated: true });
	});

	it('the input of a tool call counts once, streamed or not', async () => {
		const { relay } = bench();
		const call = (toolCallId: string): LanguageModelV4StreamPart => ({
			type: 'tool-call',
			toolCallId,
			toolName: 't',
			input: '{"a":1}}',
		});
		const attempt = relay([
			{ type: 'tool-input-start', id: 'a', toolName: 't' },
			{ type: 'tool-input-delta', id: 'a', delta: '{"a":1}}' },
			call('a'),
			call('b'),
		]);
		await expect(attempt.run()).rejects.toThrow();
		expect(await attempt.usage()).toMatchObject({ outputTokens: 646 });
	});
});

describe('a provider that falls silent is left', () => {
	const silent: Script = () => {};

	it('after the time until the first output, whatever else it sends', async () => {
		const { clock, relay } = bench();
		let isOver = false;
		const run = relay((controller) => controller.enqueue(START)).run();
		const failed = expect(run).rejects.toMatchObject({ code: 'ROUTER_ATTEMPT_TIMEOUT' });
		run.catch(() => {
			isOver = true;
		});
		await clock.advance(4999);
		expect(isOver).toBe(false);
		await clock.advance(1);
		await failed;
		expect(clock.sleeping).toBe(0);
	});

	it('but not one that only sends pings for a while: they prove that the stream is alive', async () => {
		const { clock, relay, sent, sink } = bench();
		const run = relay(async (controller) => {
			controller.enqueue(text('Hi'));
			for (let ping = 0; ping < 4; ping += 1) {
				await clock.sleep(600);
				controller.enqueue({ type: 'raw', rawValue: { type: 'ping' } });
			}
			controller.enqueue(finish());
		}).run();
		expect(await clock.settle(run)).toMatchObject({ finishReason: 'stop' });
		expect(sink.sent).toEqual(['Hi', 'finish']);
		expect(sent[0]).toMatchObject({ includeRawChunks: true });
	});

	it('after output, when nothing came for the idle time: what was left of the first wait does not count', async () => {
		const { clock, relay } = bench();
		let send: (part: LanguageModelV4StreamPart) => void = () => {};
		const run = relay((controller) => {
			send = (part) => controller.enqueue(part);
		}).run();
		const failed = expect(run).rejects.toMatchObject({
			code: 'ROUTER_STREAM_INTERRUPTED',
			message: 'local went silent for 1000 ms in the middle of its answer (test-model).',
			isSilence: true,
		});
		await clock.advance(4000);
		send(text('a'));
		await clock.advance(999);
		send(text('b'));
		await clock.advance(999);
		let isOver = false;
		run.catch(() => {
			isOver = true;
		});
		await clock.advance(0);
		expect(isOver).toBe(false);
		await clock.advance(1);
		await failed;
	});

	it('a client library that heeds no signal is left behind as well', async () => {
		const { relay } = bench();
		const caller = new AbortController();
		const { relay: relayFor } = bench({ signal: caller.signal });
		const run = relayFor(silent).run();
		caller.abort(new Error('left'));
		await expect(run).rejects.toThrow('left');
		await expect(relay([text('a'), finish()]).run()).resolves.toBeDefined();
	});
});

describe('a slow reader', () => {
	it('slows the provider: no part is taken before there is room', async () => {
		const { clock, relay, sink } = bench();
		sink.isSlow = true;
		const run = relay([text('1'), text('2'), finish()]).run();
		await clock.advance(0);
		expect(sink.sent).toEqual(['1']);
		sink.isSlow = false;
		sink.drain();
		await run;
		expect(sink.sent).toEqual(['1', '2', 'finish']);
	});

	it('that takes nothing for the idle time is given up, and the provider is not blamed', async () => {
		const { clock, relay, sink } = bench();
		sink.isSlow = true;
		const failed = expect(relay([text('1'), text('2')]).run()).rejects.toMatchObject({
			code: 'ROUTER_REQUEST_ABORTED',
			message: 'The caller took nothing of its answer for 1000 ms.',
		});
		await clock.advance(1000);
		await failed;
	});
});

describe('a provider that writes beyond what is allowed', () => {
	const pieces = (count: number) => Array.from({ length: count }, () => text('x'.repeat(40)));

	it('is stopped, and the answer ends cleanly; what may be under way is charged', async () => {
		const { relay, sink } = bench({ output: createMeter(100) });
		expect(await relay([...pieces(40), finish()]).run()).toEqual({
			finishReason: 'length',
			leftOut: [],
			usage: expect.objectContaining({ inputTokens: 20, outputTokens: 612, isEstimated: true }),
		});
		expect(sink.sent).toHaveLength(8);
		expect(sink.sent.at(-1)).toBe('length after 612');
	});

	it('is stopped for calls of tools and for reasoning that comes encrypted as well', async () => {
		const call: LanguageModelV4StreamPart = { type: 'tool-call', toolCallId: '1', toolName: 't', input: '{}' };
		const sealed = {
			type: 'reasoning-end' as const,
			id: '1',
			providerMetadata: { anthropic: { signature: 's'.repeat(900) } },
		};
		for (const part of [call, sealed])
			expect(
				await bench({ output: createMeter(70) })
					.relay([part, part, finish()])
					.run(),
			).toMatchObject({ finishReason: 'length' });
	});

	it('is not where it stays below', async () => {
		const { relay } = bench({ output: createMeter(200) });
		expect(await relay([...pieces(15), finish()]).run()).toMatchObject({ finishReason: 'stop' });
	});
});

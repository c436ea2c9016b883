import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { resolveLatency } from '../catalog/index.ts';
import { CHARACTERS_PER_TOKEN, type Clock, type Usage } from '../contracts/index.ts';
import { AttemptTimeoutError, RequestAbortedError, StreamInterruptedError } from '../errors/index.ts';
import { createMeteredUsage, readNeutralUsage } from '../protocol/index.ts';
import { createInvalidAnswerError } from '../providers/index.ts';
import { followSignal } from '../util/index.ts';
import { withModelStamp } from './bound-reasoning.ts';
import type { PartSink } from './part-sink.ts';
import type { RoutedAttempt, StreamTimeouts } from './routed-call.ts';

/** The part that ends an answer. */
export type FinishPart = Extract<LanguageModelV4StreamPart, { type: 'finish' }>;

/** How many times its usual time a model is given before it counts as silent. */
const SLOWNESS = 3;
/** Milliseconds a model that was asked to think is given before its first output: some think unseen. */
const THINKING_MS = 120_000;

const SILENT: ReadonlySet<LanguageModelV4StreamPart['type']> = new Set([
	'stream-start',
	'response-metadata',
	'text-start',
	'text-end',
	'reasoning-start',
	'reasoning-end',
	'tool-input-end',
	'raw',
	'finish',
	'error',
]);

/** Passes one attempt's stream on, part by part, to its end. */
export class PartRelay {
	readonly #attempt: RoutedAttempt;
	readonly #sink: PartSink;
	readonly #times: StreamTimeouts;
	readonly #clock: Clock;
	readonly #abort = new AbortController();
	#characters = 0;
	#hasBegun = false;
	#unfollow: () => void = () => {};
	#hasOutput = false;

	constructor(attempt: RoutedAttempt, sink: PartSink, ports: { streams: StreamTimeouts; clock: Clock }) {
		this.#attempt = attempt;
		this.#sink = sink;
		this.#times = ports.streams;
		this.#clock = ports.clock;
	}

	/** What was used so far; `undefined` when nothing is known of it. */
	get metered(): Usage | undefined {
		if (!this.#hasBegun) return undefined;
		return createMeteredUsage({
			inputTokens: this.#attempt.decision.descriptor.estimatedInputTokens,
			outputTokens: this.#characters / CHARACTERS_PER_TOKEN,
		});
	}

	/** Resolves with the part that ends the answer, which has not been passed on. */
	async run(): Promise<FinishPart> {
		try {
			return await this.#relay();
		} catch (error) {
			this.#sink.discard();
			if (this.#attempt.signal.aborted) throw this.#attempt.signal.reason;
			throw this.#hasOutput ? this.#broken('broke off in the middle of its answer', error) : error;
		} finally {
			this.#unfollow();
			// A provider that goes on after nobody listens would be paid for nothing.
			this.#abort.abort(new Error('The attempt is over.'));
		}
	}

	async #relay(): Promise<FinishPart> {
		const { model, options, signal, onHeaders } = this.#attempt;
		this.#unfollow = followSignal(this.#abort, signal);
		const abortSignal = this.#abort.signal;
		const startedAt = this.#clock.monotonic();
		const left = () => Math.max(1, this.#patienceMs - (this.#clock.monotonic() - startedAt));
		const { stream, response } = await this.#within(
			left(),
			Promise.resolve(model.doStream({ ...options, abortSignal })),
		);
		this.#hasBegun = true;
		onHeaders(response?.headers);
		const reader = stream.getReader();
		for (;;) {
			const { done, value } = await this.#within(this.#hasOutput ? this.#times.idleTimeoutMs : left(), reader.read());
			if (done) throw this.#broken('ended its stream without saying that the answer is complete');
			if (value.type === 'finish') return this.#readFinish(value);
			await this.#take(value);
		}
	}

	get #patienceMs(): number {
		const { options, profile } = this.#attempt;
		const { reasoning = 'none' } = options;
		const thinkingMs = reasoning === 'none' || reasoning === 'provider-default' ? 0 : THINKING_MS;
		return Math.max(this.#times.firstOutputTimeoutMs, SLOWNESS * resolveLatency(profile).ttftMs, thinkingMs);
	}

	async #take(part: LanguageModelV4StreamPart): Promise<void> {
		if (part.type === 'error') throw part.error;
		if ('delta' in part) this.#characters += part.delta.length;
		const isOutput = 'delta' in part ? part.delta !== '' : !SILENT.has(part.type);
		try {
			await this.#sink.write(withModelStamp(part, this.#attempt.profile.name));
			if (!isOutput) return;
			this.#hasOutput = true;
			await this.#sink.commit();
		} catch (cause) {
			throw new RequestAbortedError('The reader of the stream left.', { cause });
		}
	}

	#readFinish(part: FinishPart): FinishPart {
		const { unified } = part.finishReason;
		if (unified === 'error' || unified === 'interrupted') throw this.#broken('stopped in the middle of its answer');
		if (!this.#hasOutput && unified === 'stop')
			throw createInvalidAnswerError(this.#attempt.target, 'ended its stream without any output');
		return part;
	}

	async #within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
		const timer = new AbortController();
		const expiry = this.#clock.sleep(ms, timer.signal).then((): never => {
			throw this.#hasOutput
				? this.#broken(`went silent for ${ms} ms in the middle of its answer`)
				: new AttemptTimeoutError(this.#attempt.profile.name, Math.round(ms), '"gateway.streams.firstOutputTimeoutMs"');
		});
		try {
			return await Promise.race([work, expiry]);
		} finally {
			timer.abort();
		}
	}

	#broken(what: string, cause?: unknown): StreamInterruptedError {
		if (cause instanceof StreamInterruptedError) return cause;
		const { target: called, profile } = this.#attempt;
		return new StreamInterruptedError(`${called.provider} ${what} (${profile.name}).`, { cause });
	}
}

/** What a whole answer used; `null` for a value that is none. */
export function readFinishUsage(value: unknown): Usage | null {
	// The executor's own value, which the chain hands back untyped.
	const { usage, providerMetadata } = value as Pick<FinishPart, 'usage'> & {
		providerMetadata?: SharedV4ProviderMetadata;
	};
	return readNeutralUsage(usage, providerMetadata);
}

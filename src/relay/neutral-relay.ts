import type {
	LanguageModelV4,
	LanguageModelV4CallOptions,
	LanguageModelV4Content,
	LanguageModelV4FinishReason,
	LanguageModelV4StreamPart,
	SharedV4Warning,
} from '@ai-sdk/provider';
import type { Cancellation, Clock, FinishReason, MeteredUsage, Usage, WireFormatName } from '../contracts/index.ts';
import { RequestAbortedError, StreamInterruptedError } from '../errors/index.ts';
import {
	createUsageReader,
	estimateInterruptedUsage,
	findFilePath,
	isErrorEvent,
	type MeteredTokens,
	parseForeignFinishReason,
	readNeutralUsage,
	type StreamUsageReader,
	settleUsage,
	toFinishReason,
	type UsageLimits,
} from '../protocol/index.ts';
import {
	convertSdkError,
	createEmptyAnswerError,
	isEndOfStream,
	listLeftOut,
	parseStreamError,
	wasSent,
} from '../providers/index.ts';
import { followSignal, isObject } from '../util/index.ts';
import {
	type AttemptTimeouts,
	createInterruptedError,
	createSilenceError,
	InactivityTimer,
	type StreamSource,
} from './attempt-timeouts.ts';
import { isWordlessRefusal, type OutputMeter } from './metering.ts';
import { PartCounter } from './part-counter.ts';

/** Where a neutral stream goes. Until it is committed it holds everything back, so that another model may answer. */
export interface NeutralSink {
	/** Output has been sent: no other model can answer any more. */
	readonly isCommitted: boolean;
	/** Adds a part, the last one with the usage of the answer. False: the reader is slow, wait for `onDrain`. */
	write(part: LanguageModelV4StreamPart, usage?: Usage): boolean;
	/** Ends the answer cleanly in place of a provider that goes on. False: as for `write`. */
	endEarly(reason: 'length', usage: Usage): boolean;
	/** Lets out what was held back. False: as for `write`. */
	commit(): boolean;
	/** Forgets what was held back: the attempt has failed. */
	discard(): void;
	/** Calls back once when the reader has taken what was written, or has left. */
	onDrain(callback: () => void): void;
}

/** A library's result is an answer; every other status is its error. */
export const ANSWER_STATUS = 200;

/** One streamed attempt through the neutral form. */
export interface NeutralAttempt extends StreamSource {
	clock: Clock;
	openModel(): LanguageModelV4 | Promise<LanguageModelV4>;
	options: LanguageModelV4CallOptions;
	timeouts: AttemptTimeouts;
	signal: Cancellation;
	/** Counts what the answer can have been billed for, and says when it is ended. */
	output: OutputMeter;
	/** The wire format in which the provider answers, so that its own report of usage is read; `null`: none of them. */
	answerFormat: WireFormatName | null;
	/** Input tokens that an answer is metered with which reports none. */
	expectedInputTokens: number;
	/** What the call can have used at most: reports beyond it are not believed. */
	usageLimits: UsageLimits;
	/** Hold the answer back until it is complete. */
	isHeldWhole: boolean;
	/** Called with the response's headers, names in lower case, and its HTTP status. */
	onHeaders(headers: Readonly<Record<string, string>>, status: number): void;
}

/** How a complete stream ended. */
interface StreamEnding {
	usage: Usage;
	/** `null`: the provider gave none. */
	finishReason: FinishReason | null;
}

/** A complete stream. */
export interface CompleteStream extends StreamEnding {
	/** Kinds of content of the provider that no client library reads, by name. */
	leftOut: readonly string[];
}

/**
 * Relays one attempt's neutral stream to a sink: committed with the first output, read as fast as the sink's reader takes
 * it, stopped when it falls silent or writes beyond the money, and complete only with the provider's finish reason.
 */
export class NeutralRelay {
	readonly #call: NeutralAttempt;
	readonly #sink: NeutralSink;
	readonly #abort = new AbortController();
	readonly #timer: InactivityTimer;
	readonly #counter: PartCounter;
	/** The provider's own report; `null` where its format is not known. */
	readonly #reader: StreamUsageReader | null;
	#hasBegun = false;
	#hasOutput = false;
	/** A tool of the caller's was called. */
	#hasCalls = false;
	#isReaderSlow = false;
	#end: StreamEnding | null = null;
	/** What the provider reports of an answer that it ended with an error. */
	#failedUsage: Usage | null = null;
	/** What the provider reported as its failure, as it came: a client library may not know how to read it. */
	#errorFrame: unknown = null;
	/** The provider said something of its answer. */
	#hasEvents = false;
	/** An error came in place of the answer: as under a status of its own, nothing is billed. */
	#isRefused = false;
	/** Rejects what is being waited for. */
	#interrupt: (reason: unknown) => void = () => {};

	constructor(call: NeutralAttempt, sink: NeutralSink) {
		this.#call = call;
		this.#sink = sink;
		this.#counter = new PartCounter(call.output);
		this.#reader = call.answerFormat === null ? null : createUsageReader(call.answerFormat);
		this.#timer = new InactivityTimer(call.clock, call.timeouts, (kind, waitedMs) =>
			this.#abort.abort(createSilenceError(call, { kind, waitedMs, isReaderSlow: this.#isReaderSlow })),
		);
	}

	/** What was used so far; `unknown` before the provider has responded. */
	async usage(): Promise<MeteredUsage> {
		if (!this.#hasBegun) return 'unknown';
		if (this.#isRefused) return 'not-billed';
		return this.#end?.usage ?? this.#failedUsage ?? (await this.#meter());
	}

	/**
	 * Makes the call; resolves when the answer is complete.
	 * @throws the signal's reason, AttemptTimeoutError, StreamInterruptedError, RequestAbortedError for a reader that left or
	 * takes nothing, or ProviderCallError
	 */
	async run(): Promise<CompleteStream> {
		const { signal } = this.#abort;
		const interrupt = (): void => this.#interrupt(signal.reason);
		signal.addEventListener('abort', interrupt);
		const unfollow = followSignal(this.#abort, this.#call.signal);
		try {
			const end = await this.#read();
			return { ...end, leftOut: listLeftOut(signal) };
		} catch (error) {
			if (!this.#sink.isCommitted) this.#sink.discard();
			throw this.#toFailure(error);
		} finally {
			this.#timer.stop();
			unfollow();
			signal.removeEventListener('abort', interrupt);
			// A provider that goes on writing unread would be paid for nothing.
			this.#abort.abort(new Error('The attempt is over.'));
		}
	}

	async #read(): Promise<StreamEnding> {
		const { onHeaders, openModel, options } = this.#call;
		const model = await openModel();
		// Raw chunks show the provider's pings, for which the neutral form has no part.
		const call = model.doStream({ ...options, includeRawChunks: true, abortSignal: this.#abort.signal });
		const { stream, response } = await this.#unlessAborted(call);
		this.#hasBegun = true;
		onHeaders(response?.headers ?? {}, ANSWER_STATUS);
		const reader = stream.getReader();
		try {
			for (;;) {
				const { done, value } = await this.#unlessAborted(reader.read());
				if (done) throw this.#createCutError();
				const end = await this.#relay(withKnownReason(value, this.#call.answerFormat));
				if (end !== null) return end;
			}
		} finally {
			// Not awaited, since a hanging stream may never confirm; how it ends does not matter any more.
			reader.cancel().catch(() => {});
		}
	}

	async #relay(part: LanguageModelV4StreamPart): Promise<StreamEnding | null> {
		if (part.type === 'error') throw this.#readError(part.error);
		if (part.type === 'raw') {
			this.#readRaw(part.rawValue);
			this.#reader?.push(part.rawValue);
			if (this.#call.options.includeRawChunks !== true) {
				this.#timer.touch(false);
				return null;
			}
		}
		if (part.type === 'finish') this.#end = await this.#readFinish(part);
		const isOutput = isOutputPart(part);
		this.#timer.touch(isOutput);
		this.#hasOutput ||= isOutput;
		this.#hasCalls ||= isCallForTool(part);
		this.#counter.add(part);
		let hasRoom = this.#sink.write(this.#toWritten(part), this.#end?.usage);
		if (this.#end === null && this.#call.output.isPassed && (await this.#isPassed())) {
			this.#end = { usage: await this.#meter(), finishReason: 'length' };
			hasRoom = this.#sink.endEarly('length', this.#end.usage) && hasRoom;
		}
		const commits = this.#end !== null || (isOutput && !this.#call.isHeldWhole);
		if (commits) hasRoom = this.#sink.commit() && hasRoom;
		if (!hasRoom) await this.#waitForRoom();
		return this.#end;
	}

	#readRaw(value: unknown): void {
		if (isObject(value) && isErrorEvent(value)) {
			this.#errorFrame = value;
			this.#isRefused = !this.#hasEvents;
		} else this.#hasEvents = true;
	}

	async #readFinish({ finishReason: told, providerMetadata, usage }: FinishPart): Promise<StreamEnding> {
		const reported = this.#reader?.usage() ?? readNeutralUsage(usage, providerMetadata);
		const reason = readFinishReason(told);
		const believesZero = isWordlessRefusal(reason, this.#hasOutput);
		const { usageLimits: limits } = this.#call;
		const settle = () => settleUsage(reported, this.#getMetered(false), { limits, believesZero });
		if (reason === 'error') {
			// a provider that has ended by itself bills what it says; one that broke off has not said all
			const isTold = told.unified === 'error' && reported !== null;
			this.#failedUsage = isTold ? settle() : null;
			throw this.#createOwnError(told, providerMetadata);
		}
		if (reason === null && this.#call.isHeldWhole)
			throw createInterruptedError(this.#call, 'ended its stream without a finish reason');
		if (!this.#hasOutput && reason === null)
			throw createEmptyAnswerError(this.#call.target, { what: 'ended its stream without any output' });
		const finishReason = this.#hasCalls && reason !== null ? toCallsReason(reason) : reason;
		const settled = settle();
		if (settled.isEstimated !== true || !this.#call.output.isRough) return { usage: settled, finishReason };
		await this.#call.output.count();
		return { usage: settle(), finishReason };
	}

	/** The failure of an answer that its provider has ended with an error. */
	#createOwnError(told: LanguageModelV4FinishReason, metadata: FinishPart['providerMetadata']): Error {
		if (told.unified !== 'error' || this.#sink.isCommitted)
			return createInterruptedError(this.#call, 'stopped in the middle of its answer');
		return createEmptyAnswerError(this.#call.target, { what: '', failure: describeEnd(told, metadata) });
	}

	/** Whether an answer that may have passed what is allowed has done so. */
	async #isPassed(): Promise<boolean> {
		const { output } = this.#call;
		if (output.isRough) await output.count();
		return output.isPassed;
	}

	/** Backpressure: the provider is read again when the reader has caught up. */
	async #waitForRoom(): Promise<void> {
		this.#isReaderSlow = true;
		await this.#unlessAborted(new Promise<void>((resolve) => this.#sink.onDrain(resolve)));
		this.#isReaderSlow = false;
		// The provider was not read meanwhile, so its silence does not count.
		this.#timer.touch(false);
	}

	/** What `work` resolves to, or the abort's reason at once: a client library may ignore its signal. */
	#unlessAborted<Value>(work: PromiseLike<Value>): Promise<Value> {
		const { promise, reject, resolve } = Promise.withResolvers<Value>();
		this.#interrupt = reject;
		if (this.#abort.signal.aborted) reject(this.#abort.signal.reason);
		work.then(resolve, reject);
		return promise;
	}

	/** What was counted here. `isCut`: more may have been under way. */
	#getMetered(isCut: boolean): MeteredTokens {
		const { expectedInputTokens: inputTokens, output } = this.#call;
		return { inputTokens, outputTokens: output.toCharge(isCut) };
	}

	/** What was used as far as it was seen, of an answer that was cut. */
	async #meter(): Promise<Usage> {
		await this.#call.output.count();
		const reader = { usage: () => this.#reader?.usage() ?? null };
		return estimateInterruptedUsage(reader, this.#getMetered(true), this.#call.usageLimits);
	}

	/** The part as clients are to read it. */
	#toWritten(part: LanguageModelV4StreamPart): LanguageModelV4StreamPart {
		return this.#hasCalls ? withCallsReason(part) : part;
	}

	#readError(error: unknown): unknown {
		return isEndOfStream(error) ? this.#createCutError() : error;
	}

	#createCutError(): StreamInterruptedError {
		return createInterruptedError(this.#call, 'ended its stream without saying that the answer is complete');
	}

	#toFailure(error: unknown): unknown {
		if (this.#abort.signal.aborted) return this.#abort.signal.reason;
		const reported = this.#errorFrame === null ? null : parseStreamError(this.#errorFrame, this.#call.target);
		const known = reported ?? convertCallError(error, this.#call, this.#abort.signal);
		const isFinal = known instanceof StreamInterruptedError || known instanceof RequestAbortedError;
		if (!this.#hasOutput || isFinal) return known;
		return createInterruptedError(this.#call, 'broke off in the middle of its answer', { cause: known });
	}
}

/** The part that ends an answer. */
export type FinishPart = Extract<LanguageModelV4StreamPart, { type: 'finish' }>;

/** How a provider names an end that is an error, and what Google says of it. */
export function describeEnd(
	{ raw }: LanguageModelV4FinishReason,
	metadata: FinishPart['providerMetadata'] = {},
): string {
	const said = Object.values(metadata).find(({ finishMessage }) => typeof finishMessage === 'string')?.[
		'finishMessage'
	];
	return [raw, said].filter(Boolean).join(': ') || 'an error of its own';
}

/** `null` where the provider gave none: the client libraries say `other` then. */
export function readFinishReason(reason: LanguageModelV4FinishReason): FinishReason | null {
	return reason.unified === 'other' && !reason.raw ? null : toFinishReason(reason);
}

/** Whether a part calls a tool of the caller's. */
export function isCallForTool(part: LanguageModelV4StreamPart | LanguageModelV4Content): boolean {
	return part.type === 'tool-call' && part.providerExecuted !== true;
}

/** The part with the meaning of a reason that its client library does not know. */
export function withKnownReason<Part extends object>(part: Part, format: WireFormatName | null): Part {
	if (!('finishReason' in part) || format === null) return part;
	const reason = part.finishReason as LanguageModelV4FinishReason;
	const meaning = reason.unified === 'other' ? parseForeignFinishReason(format, reason.raw ?? '') : undefined;
	return meaning === undefined ? part : { ...part, finishReason: { ...reason, unified: meaning } };
}

/** Servers that say `stop`, a word of their own or nothing though the answer calls tools: by the reason clients run them. */
function toCallsReason<Reason extends string>(reason: Reason): Reason | 'tool-calls' {
	return reason === 'stop' || reason === 'other' ? 'tool-calls' : reason;
}

/** An answer that calls tools, or its last part, with the reason by which clients run them. */
export function withCallsReason<Part extends object>(part: Part): Part {
	if (!('finishReason' in part)) return part;
	const reason = part.finishReason as LanguageModelV4FinishReason;
	return { ...part, finishReason: { ...reason, unified: toCallsReason(reason.unified) } };
}

const OUTPUT_PARTS: ReadonlySet<LanguageModelV4StreamPart['type']> = new Set([
	'tool-input-start',
	'tool-call',
	'tool-result',
	'file',
	'reasoning-file',
	'source',
]);

/** Whether a part is output: the first of them commits the answer. */
function isOutputPart(part: LanguageModelV4StreamPart): boolean {
	return 'delta' in part ? part.delta !== '' : OUTPUT_PARTS.has(part.type);
}

/** What a call failed with, as our error. `signal`: the one that the client library got. */
export function convertCallError(
	error: unknown,
	{ options, target }: Pick<NeutralAttempt, 'options' | 'target'>,
	signal: AbortSignal,
): unknown {
	const findField = (said: string) => findFilePath(options.prompt, said);
	return convertSdkError(error, target, { wasSent: wasSent(signal), findField });
}

/** The options with no more output than `limit` tokens. */
export function limitOutput(options: LanguageModelV4CallOptions, limit?: number): LanguageModelV4CallOptions {
	if (limit === undefined) return options;
	return { ...options, maxOutputTokens: Math.min(options.maxOutputTokens ?? limit, limit) };
}

/** What the provider's client could not carry, by name. */
export function listUnsupportedFeatures(warnings: readonly SharedV4Warning[]): string[] {
	return warnings.flatMap((warning) => (warning.type === 'unsupported' ? [warning.feature] : []));
}

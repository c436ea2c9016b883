import type { ServerResponse } from 'node:http';
import {
	type Clock,
	NANO_PER_USD,
	type RoutingDecision,
	type Usage,
	type WireFormatName,
} from '../../contracts/index.ts';
import type { ExecutedTask } from '../../system/index.ts';
import { startTimer } from '../../util/index.ts';
import { createBodyMemoryError, type ReserveBytes } from '../request/index.ts';

/** Characters of a header that lists names. */
const MAX_LIST_CHARACTERS = 1000;
/** Characters of a provider's request id that are passed on. */
const MAX_ID_CHARACTERS = 200;

/** Nothing between may keep a stream back. */
const STREAM_HEADERS = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } as const;

/** Status and headers of an answer. */
export interface AnswerHead {
	status: number;
	/** Names in lower case. */
	headers: Readonly<Record<string, string>>;
}

/** Gets a copy of everything that is sent. */
export interface AnswerListener {
	onHead(head: AnswerHead): void;
	onData(chunk: Buffer | string): void;
}

/** Characters that a header may not contain become `?`. */
function toHeaderText(text: string): string {
	return UNSENDABLE.test(text) ? text.replace(/[^\x20-\x7e]/g, '?') : text;
}

const UNSENDABLE = /[^\x20-\x7e]/;

/** What the head of an answer says. */
export interface AnswerHeadOptions {
	/** The caller's. */
	format: WireFormatName;
	status: number;
	contentType: string;
	/** The provider's id of the request, where it speaks the caller's format; else the decision's id stands for it. */
	requestId: string | null;
	dropped: readonly string[];
	decision: RoutingDecision;
	model: string;
	deployment: string | null;
	attempt: number;
	/** The longest answer that the money is certain to pay for, tokens, where that is below the caller's limit. */
	loweredTo?: number | undefined;
	/** The model asked for by name that this one answers for. */
	replaced?: ExecutedTask<unknown>['replaced'] | undefined;
}

/** The head of an answer: which model answered where, by which decision, at which attempt, and which fields were dropped. */
export function createAnswerHead(facts: AnswerHeadOptions): { status: number; headers: Record<string, string> } {
	const { attempt, contentType, decision, deployment, dropped, format, loweredTo, model } = facts;
	const { replaced, requestId, status } = facts;
	const isStream = contentType.startsWith('text/event-stream');
	const headers: Record<string, string> = isStream
		? { 'content-type': contentType, ...STREAM_HEADERS }
		: { 'content-type': contentType };
	headers['x-switchyard-decision'] = decision.id;
	headers['x-switchyard-policy'] = toHeaderText(decision.policy.name);
	headers['x-switchyard-model'] = toHeaderText(model);
	headers['x-switchyard-attempts'] = String(attempt);
	if (deployment !== null) headers['x-switchyard-deployment'] = toHeaderText(deployment);
	if (loweredTo !== undefined) headers['x-switchyard-max-tokens'] = `${loweredTo}; reason=budget`;
	if (replaced)
		headers['x-switchyard-replaced'] = toHeaderText(`${replaced.model} -> ${model}; reason=budget ${replaced.limit}`);
	if (dropped.length > 0) headers[DROPPED_HEADER] = toDroppedList(dropped);
	headers[getRequestIdHeader(format)] = toIdText(requestId ?? decision.id);
	return { status, headers };
}

const DROPPED_HEADER = 'x-switchyard-dropped';

/** What was left out or changed for the model, where anything was. */
export function createDroppedHeader(dropped: readonly string[]): Record<string, string> {
	return dropped.length === 0 ? {} : { [DROPPED_HEADER]: toDroppedList(dropped) };
}

/** The id of a request in the header in which the format's clients look for it. */
export function createRequestIdHeader(format: WireFormatName, id: string | null): Record<string, string> {
	return id === null ? {} : { [getRequestIdHeader(format)]: toIdText(id) };
}

function getRequestIdHeader(format: WireFormatName): string {
	return format === 'anthropic-messages' ? 'request-id' : 'x-request-id';
}

function toIdText(id: string): string {
	return toHeaderText(id).slice(0, MAX_ID_CHARACTERS);
}

/** The head of a stream that is sent ahead of its answer: nothing is known but the decision. */
export function createEarlyHeaders(format: WireFormatName, { id }: RoutingDecision): AnswerHead['headers'] {
	return {
		'content-type': 'text/event-stream; charset=utf-8',
		...STREAM_HEADERS,
		'x-switchyard-decision': id,
		...createRequestIdHeader(format, id),
	};
}

/** What was dropped as a fact of a stream's last comment: ` dropped="source"`; empty for nothing. */
export function formatDroppedFact(dropped: readonly string[]): string {
	return dropped.length === 0 ? '' : ` dropped=${JSON.stringify(toDroppedList(dropped))}`;
}

function toDroppedList(dropped: readonly string[]): string {
	return toHeaderText(dropped.join(', ')).slice(0, MAX_LIST_CHARACTERS);
}

/** Headers of this package as one text; the decision was known before, what was dropped is told when all of it is known. */
function formatLateFacts(headers: AnswerHead['headers']): string {
	const prefix = 'x-switchyard-';
	const told = new Set(['decision', 'model', 'attempts', 'dropped'].map((name) => prefix + name));
	const late = Object.entries(headers).filter(([name]) => name.startsWith(prefix) && !told.has(name));
	return late.map(([name, value]) => ` ${name.slice(prefix.length)}=${JSON.stringify(value)}`).join('');
}

/** The headers that are known as soon as there is a decision, for answers and errors. */
export function createDecisionHeaders(decision: RoutingDecision | null): Record<string, string> {
	if (decision === null) return {};
	return { 'x-switchyard-decision': decision.id, 'x-switchyard-policy': toHeaderText(decision.policy.name) };
}

/** A cost as a header: USD with nine decimals, or `unpriced` (`null`). */
export function formatCostHeader(costNanoUsd: number | null): string {
	return costNanoUsd === null ? 'unpriced' : (costNanoUsd / NANO_PER_USD).toFixed(9);
}

/** Sends an answer that came in one piece, with what it cost, and whether that is an estimate. */
export function sendWholeAnswer(
	response: ServerResponse,
	{ body, head }: { head: AnswerHead; body: Buffer | string },
	{ costNanoUsd, listener, usage }: { costNanoUsd: number | null; listener: AnswerListener | null; usage: Usage },
): void {
	const { status } = head;
	const estimated = usage.isEstimated === true ? { 'x-switchyard-estimated': 'true' } : {};
	const headers = { ...head.headers, 'x-switchyard-cost': formatCostHeader(costNanoUsd), ...estimated };
	listener?.onHead({ status, headers });
	listener?.onData(body);
	if (response.destroyed) return;
	response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
	response.end(body);
}

/** Bytes that are held back at most before an answer is committed. */
const MAX_UNCOMMITTED_BYTES = 16 * 1024 * 1024;

/** Writes events in another shape. */
export interface FrameRewriter {
	contentType: string;
	push(events: string): string;
	end(): string;
}

/** How a sink sends. */
export interface StreamSinkOptions {
	/** Gets a copy of what is sent. */
	listener: AnswerListener | null;
	/** Writes the events in another shape, e.g. as one list. */
	rewriter: FrameRewriter | null;
	/** Called when the first output is sent. */
	onCommit: () => void;
	/** Called when nothing is left to be sent but the end; `broken`: an error stands there. */
	onEnding: (ending: 'whole' | 'broken') => void;
	/** Reserves memory for what is held back. */
	reserveBytes: ReserveBytes;
}

/** Milliseconds before which no head is sent ahead of its answer: most answers have begun by then, and have a whole head. */
const EARLY_HEAD_MS = 10_000;

/** Milliseconds for which a client can read an error before its connection breaks: it loses what it has not read by then. */
const BREAK_DELAY_MS = 100;

/** Breaks a connection so that clients know it for a failure of the network, which some repeat by themselves. */
function resetConnection(response: ServerResponse): void {
	try {
		response.socket?.resetAndDestroy();
	} catch {
		// only TCP knows a reset
		response.destroy();
	}
}

/** What a caller hears of a stream that is silent. */
export interface KeepAliveOptions {
	clock: Clock;
	/** Milliseconds of silence after which something is sent. */
	intervalMs: number;
	/** Headers that are sent ahead of an answer. */
	headers: AnswerHead['headers'];
	/** What is sent then and between two events: nothing to the format's clients. Empty where they have no such thing. */
	frame: string;
}

/**
 * Notices when nothing was sent to a caller for a while, so that no balancer between takes the connection for dead: they
 * cut after 60 to 100 seconds of silence. Sending only notes the time; the timer looks at it when it fires.
 */
class KeepAlive {
	readonly #options: Pick<KeepAliveOptions, 'clock' | 'intervalMs'>;
	/** Called when that time has passed; the first time not before most answers have begun. */
	readonly #onSilence: () => void;
	#stopTimer: (() => void) | null = null;
	#isStopped = false;
	#quietSince: number;

	constructor(options: Pick<KeepAliveOptions, 'clock' | 'intervalMs'>, onSilence: () => void) {
		this.#options = options;
		this.#onSilence = onSilence;
		this.#quietSince = options.clock.monotonic();
		this.#wait(Math.max(options.intervalMs, EARLY_HEAD_MS));
	}

	/** Something was sent. */
	touch(): void {
		this.#quietSince = this.#options.clock.monotonic();
	}

	stop(): void {
		this.#isStopped = true;
		this.#stopTimer?.();
	}

	#wait(ms: number): void {
		if (this.#isStopped) return;
		this.#stopTimer = startTimer(this.#options.clock, ms, () => this.#check());
	}

	#check(): void {
		const { clock, intervalMs } = this.#options;
		const quietMs = clock.monotonic() - this.#quietSince;
		if (quietMs >= intervalMs) {
			this.#onSilence();
			this.touch();
			this.#wait(intervalMs);
		} else this.#wait(Math.max(1, intervalMs - quietMs));
	}
}

/**
 * Where a streamed answer goes. Until it is committed everything is held back and can be dropped, so that another model
 * may answer; from then on what is written is sent, at the pace the caller reads.
 */
export class StreamSink {
	readonly #response: ServerResponse;
	readonly #options: StreamSinkOptions;
	#held: Array<Buffer | string> = [];
	#heldBytes = 0;
	/** Those of them for which there was memory; kept while a committed answer is sent, for the socket holds them then. */
	#reservedBytes = 0;
	#isCommitted = false;
	#isWhole = false;
	#hasError = false;
	#isErrorUnread = false;
	#keepAlive: KeepAlive | null = null;
	/** What the head of the answer says that the one sent ahead of it did not; `null` where there was none. */
	#lateFacts: string | null = null;

	constructor(response: ServerResponse, options: StreamSinkOptions) {
		this.#response = response;
		this.#options = options;
	}

	get isCommitted(): boolean {
		return this.#isCommitted;
	}

	/** A head has been sent: a failure can only be told in the stream. */
	get isOpen(): boolean {
		return this.#response.headersSent;
	}

	/** What a head that was sent ahead could not say, for the end of the stream: ` deployment=openai dropped=seed`. */
	get lateFacts(): string {
		return this.#lateFacts ?? '';
	}

	/**
	 * From now on the caller hears something in every silence, without the answer being committed: first a head ahead of its
	 * answer, then what the format's clients skip.
	 */
	keepAlive(options: KeepAliveOptions): void {
		const { frame, headers } = options;
		this.#keepAlive = new KeepAlive(options, () => {
			const { destroyed, headersSent, writableEnded, writableNeedDrain } = this.#response;
			if (destroyed || writableEnded || writableNeedDrain) return;
			if (!headersSent) {
				this.#response.writeHead(200, this.#withContentType(headers));
				this.#response.flushHeaders();
			}
			if (frame !== '') this.#response.write(frame);
		});
	}

	/** The answer that has been sent is whole: what follows is for the gateway's books. */
	setWhole(): void {
		if (this.#isWhole || !this.#isCommitted) return;
		this.#isWhole = true;
		this.#options.onEnding('whole');
	}

	/** Nothing is sent any more in silences. */
	stopKeepAlive(): void {
		this.#keepAlive?.stop();
	}

	/** Adds whole events to the answer. False: the caller is slow, wait for `onDrain`. @throws RangeError when more would be held back than fits, RequestRefusedError when the memory for all requests is used up */
	write(chunk: Buffer | string): boolean {
		if (chunk.length === 0) return true;
		if (this.#isCommitted) return this.#send(this.#rewrite(chunk));
		this.#heldBytes += chunk.length;
		if (this.#heldBytes > MAX_UNCOMMITTED_BYTES) {
			throw new RangeError(`More than ${MAX_UNCOMMITTED_BYTES} bytes came before the answer could be sent.`);
		}
		if (!this.#options.reserveBytes(chunk.length)) throw createBodyMemoryError();
		this.#reservedBytes += chunk.length;
		this.#held.push(chunk);
		return true;
	}

	/**
	 * Passes on the error with which a provider ends its committed stream: no other is written behind it. Where clients read
	 * past it (`isReadable: false`) the connection is reset, so that they do not take the answer for whole.
	 */
	writeError(frame: Buffer, { isReadable }: { isReadable: boolean }): void {
		this.#hasError = true;
		this.#isErrorUnread = !isReadable;
		this.write(frame);
	}

	/**
	 * Ends the answer with an error, unless the provider's own has been passed on. `isBroken`: by resetting the connection
	 * behind it, for clients that take a stream that ends for whole, whatever stands in it.
	 */
	endWithError(events: string, { clock, isBroken }: { clock: Clock; isBroken: boolean }): void {
		const last = this.#hasError ? '' : events;
		// who has left before gets no error
		if (!this.#response.destroyed) this.#options.onEnding('broken');
		if (!isBroken && !this.#isErrorUnread) this.end(last);
		else if (!this.#response.writableEnded) {
			const ending = this.#close(last);
			if (!this.#response.destroyed) this.#response.write(ending);
			const reset = () => resetConnection(this.#response);
			clock.sleep(BREAK_DELAY_MS).then(reset, reset);
		}
	}

	/** Sends the head and what was held back; there is no way back from here. */
	commit(head: AnswerHead): boolean {
		if (this.#isCommitted) return true;
		this.#isCommitted = true;
		const { listener, onCommit } = this.#options;
		onCommit();
		const headers = this.#withContentType(head.headers);
		listener?.onHead({ ...head, headers });
		if (this.#response.headersSent) this.#lateFacts = formatLateFacts(headers);
		else this.#response.writeHead(head.status, headers);
		const held = this.#held.map((chunk) => this.#rewrite(chunk));
		this.#held = [];
		if (held.length === 0) {
			this.#response.flushHeaders();
			return true;
		}
		const isText = held.every((chunk) => typeof chunk === 'string');
		return this.#send(isText ? held.join('') : Buffer.concat(held.map((chunk) => Buffer.from(chunk as Buffer)))); // Buffer.from takes strings too
	}

	/** Forgets what was held back: the attempt has failed. */
	discard(): void {
		this.#held = [];
		this.#heldBytes = 0;
		this.#options.reserveBytes(-this.#reservedBytes);
		this.#reservedBytes = 0;
	}

	/** Calls back once when the caller has taken what was sent, or has left. */
	onDrain(callback: () => void): void {
		const call = (): void => {
			this.#response.off('drain', call).off('close', call);
			callback();
		};
		this.#response.once('drain', call).once('close', call);
	}

	/** Sends the last events and ends the answer. */
	end(last = ''): void {
		if (this.#response.writableEnded) return;
		const ending = this.#close(last);
		if (!this.#response.destroyed) this.#response.end(ending);
	}

	/** What is sent last. */
	#close(last: string): string {
		const { listener, rewriter } = this.#options;
		const ending = rewriter === null ? last : rewriter.push(last) + rewriter.end();
		this.stopKeepAlive();
		// The listener has no head of an answer that was never committed.
		if (ending !== '' && this.#isCommitted) listener?.onData(ending);
		return ending;
	}

	#withContentType(headers: AnswerHead['headers']): AnswerHead['headers'] {
		const { rewriter } = this.#options;
		return rewriter === null ? headers : { ...headers, 'content-type': rewriter.contentType };
	}

	#rewrite(chunk: Buffer | string): Buffer | string {
		const { rewriter } = this.#options;
		return rewriter === null ? chunk : rewriter.push(chunk.toString());
	}

	#send(chunk: Buffer | string): boolean {
		this.#keepAlive?.touch();
		// The listener gets the whole answer even after the caller has left: it stores whole answers only.
		this.#options.listener?.onData(chunk);
		// Node emits an error for a write after the end, which would end the process.
		if (this.#response.destroyed || this.#response.writableEnded) return true;
		return this.#response.write(chunk);
	}
}

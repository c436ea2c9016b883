import { setImmediate } from 'node:timers/promises';
import type { WireFormatName } from '../../contracts/index.ts';
import {
	createEventReader,
	formatSse,
	isEnded,
	isErrorEvent,
	parseFrameData,
	parseJson,
	protectNumbers,
	readBareError,
	type SseFrame,
	SseParser,
	toReadableAnswer,
} from '../../protocol/index.ts';
import { isObject, type JsonObject, runSteps } from '../../util/index.ts';
import { readErrorReport } from '../error-report.ts';

/** Whole answers that were received, by the signal of the call. */
const RECEIVED_ANSWERS = new WeakMap<AbortSignal, string>();

/** Keeps an answer for as long as its call's signal is held. */
function keepReceivedAnswer(signal: AbortSignal | null | undefined, text: string): void {
	if (signal != null) RECEIVED_ANSWERS.set(signal, text);
}

/** The whole answer that a call with this signal received: a client library may have failed on it. */
export function getReceivedAnswer(signal: AbortSignal): string | undefined {
	return RECEIVED_ANSWERS.get(signal);
}

/** Kinds of content that were left out of an answer, by the signal of the call. */
const LEFT_OUT = new WeakMap<AbortSignal, Set<string>>();

/** Kinds of content that were left out of the answer to a call with this signal so far: no client library reads them. */
export function listLeftOut(signal: AbortSignal): string[] {
	return [...(LEFT_OUT.get(signal) ?? [])];
}

function collectLeftOut(signal: AbortSignal | null | undefined): Set<string> {
	const leftOut = new Set<string>();
	if (signal != null) LEFT_OUT.set(signal, leftOut);
	return leftOut;
}

/** The text of a whole answer in the form that client libraries read. */
function toReadableText(format: WireFormatName, received: string, leftOut: Set<string>): string {
	const text = protectNumbers(format, received);
	const body = parseJson(text);
	if (!isObject(body)) return text;
	const readable = toReadableAnswer(format, body, leftOut);
	return readable === body ? text : JSON.stringify(readable);
}

/** Whether an event is an error that has no error object in the place where the format's library looks. */
function isFlatError(event: JsonObject, format: WireFormatName): boolean {
	const isOwn = event['type'] === 'response.failed' && format === 'openai-responses';
	return isErrorEvent(event) && !isObject(event['error']) && !isOwn;
}

/** An error as all libraries report it. */
function toErrorEvent(event: JsonObject): JsonObject {
	const { code, message, param, status, type } = readErrorReport(JSON.stringify(event));
	const error = { type: type ?? 'api_error', code: code ?? status, message: message ?? '', param };
	return { type: 'error', sequence_number: 0, error };
}

/** Changes the frames of a stream, as whole ones come. */
function createFrameChanger(format: WireFormatName, leftOut: Set<string>): TransformStream<Uint8Array, Uint8Array> {
	const parser = new SseParser();
	const reader = createEventReader(format, leftOut);
	const encoder = new TextEncoder();

	function read(event: JsonObject): readonly JsonObject[] {
		return isFlatError(event, format) ? [toErrorEvent(event)] : reader.read(event);
	}

	function change(frame: SseFrame): Uint8Array | null {
		if (frame.data?.trim() === '[DONE]') return encoder.encode(end(true) + formatSse('[DONE]'));
		const data = frame.data ?? readBareError(frame);
		if (data === null || data.trim() === '') return null;
		const kept = protectNumbers(format, data);
		const event = 'value' in frame && kept === data ? frame.value : parseFrameData(frame, kept);
		if (!isObject(event)) return frame.raw;
		const events = read(event);
		const isSame = events.length === 1 && events[0] === event && event['error'] === undefined;
		if (isSame && kept === frame.data && isEnded(frame)) return frame.raw;
		return encoder.encode(events.map((each) => formatSse(each, frame.event ?? undefined)).join(''));
	}

	async function pass(frame: SseFrame, controller: TransformStreamDefaultController<Uint8Array>): Promise<void> {
		const changed = change(frame.read === undefined ? frame : await runSteps(frame.read(), setImmediate));
		if (changed !== null) controller.enqueue(changed);
	}

	function end(isDone: boolean): string {
		return reader
			.end(isDone)
			.map((event) => formatSse(event))
			.join('');
	}

	return new TransformStream({
		async transform(chunk, controller) {
			for (const frame of parser.push(Buffer.from(chunk))) await pass(frame, controller);
		},
		async flush(controller) {
			const last = parser.flush();
			if (last !== null) await pass(last, controller);
			controller.enqueue(encoder.encode(end(false)));
		},
	});
}

/**
 * A client library's `fetch` whose answers it can read: what providers leave out, or send in another form, is put as the
 * library knows it, before it reads. What was received is kept for the case that it refuses to read still.
 */
export function withReadableAnswers(fetchAnswer: typeof fetch, format: WireFormatName): typeof fetch {
	return async (input, init) => {
		const response = await fetchAnswer(input, init);
		if (response.body === null || !response.ok) return response;
		const { headers, status, statusText } = response;
		const contentType = headers.get('content-type') ?? '';
		const leftOut = collectLeftOut(init?.signal);
		if (contentType.startsWith('text/event-stream')) {
			const changed = response.body.pipeThrough(createFrameChanger(format, leftOut));
			return new Response(changed, { headers, status, statusText });
		}
		const text = await response.text();
		keepReceivedAnswer(init?.signal, text);
		return new Response(toReadableText(format, text, leftOut), { headers, status, statusText });
	};
}

import { setImmediate } from 'node:timers/promises';
import type { WireFormatName } from '../../contracts/index.ts';
import { StreamInterruptedError } from '../../errors/index.ts';
import {
	CALLER_FORMATS,
	createEventReader,
	formatSse,
	isEnded,
	isErrorEvent,
	joinStream,
	looksLikeEvents,
	parseExactJson,
	parseFrameData,
	parseJson,
	protectNumbers,
	type SseFrame,
	SseParser,
	splitWhole,
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

const CR = 13;

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
		const { data } = frame;
		if (data === null || data.trim() === '') return null;
		const kept = protectNumbers(format, data);
		const event = 'value' in frame && kept === data ? frame.value : parseFrameData(frame, kept);
		if (!isObject(event)) return frame.raw;
		const events = read(event);
		const isSame = events.length === 1 && events[0] === event && event['error'] === undefined;
		// of lines that end with CR some libraries lose what is cut there
		if (isSame && kept === frame.data && isEnded(frame) && !frame.raw.includes(CR)) return frame.raw;
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

/** Whether a call asks for a stream. */
function asksForStream(format: WireFormatName, input: Parameters<typeof fetch>[0], body: unknown): boolean {
	if (format === 'gemini')
		return String(input instanceof Request ? input.url : input).includes(':streamGenerateContent');
	if (typeof body !== 'string' || !/"stream"\s*:\s*true/.test(body)) return false;
	const asked = parseJson(body);
	return isObject(asked) && asked['stream'] === true;
}

/**
 * The stream of a server that streams whatever it is asked for, as a whole answer; an error in it has a status of its own.
 * @throws StreamInterruptedError for one that is cut
 */
async function joinText(format: WireFormatName, text: string): Promise<{ status: number; text: string }> {
	const joined = await runSteps(joinStream(CALLER_FORMATS[format], Buffer.from(text)), setImmediate);
	if (joined.kind === 'answer') return { status: 200, text: JSON.stringify(joined.body) };
	if (joined.kind === 'incomplete')
		throw new StreamInterruptedError('The provider ended its stream without saying that the answer is complete.');
	const said = JSON.stringify(joined.event);
	return { status: readErrorReport(said).status ?? 500, text: said };
}

/** The answer of a server that answers whole whatever it is asked for, as a stream; what is none stays. */
function splitText(format: WireFormatName, text: string): string {
	if (looksLikeEvents(text)) return text;
	const value = parseExactJson(text);
	const [first] = [value].flat();
	if (isObject(first) && isErrorEvent(first)) return formatSse(first);
	return splitWhole(CALLER_FORMATS[format], value) ?? text;
}

/** A response with another body. */
function withBody(
	response: Response,
	body: string | ReadableStream | null,
	{ contentType, status = response.status }: { contentType?: string; status?: number } = {},
): Response {
	const headers = new Headers(response.headers);
	if (contentType !== undefined) headers.set('content-type', contentType);
	return new Response(body, { headers, status });
}

async function toReadableStream(response: Response, format: WireFormatName, leftOut: Set<string>): Promise<Response> {
	const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
	const events = isStream ? response : new Response(splitText(format, await response.text()));
	const changed = events.body?.pipeThrough(createFrameChanger(format, leftOut)) ?? null;
	return withBody(response, changed, isStream ? {} : { contentType: 'text/event-stream' });
}

/**
 * A client library's `fetch` whose answers it can read: what providers leave out, or send in another form, is put as the
 * library knows it, before it reads. What was received is kept for the case that it refuses to read still.
 */
export function withReadableAnswers(fetchAnswer: typeof fetch, format: WireFormatName): typeof fetch {
	return async (input, init) => {
		const response = await fetchAnswer(input, init);
		if (response.body === null || !response.ok) return response;
		const leftOut = collectLeftOut(init?.signal);
		if (asksForStream(format, input, init?.body)) return await toReadableStream(response, format, leftOut);
		const received = await response.text();
		const isStream = looksLikeEvents(received);
		const { status, text } = isStream ? await joinText(format, received) : { status: response.status, text: received };
		keepReceivedAnswer(init?.signal, text);
		const readable = toReadableText(format, text, leftOut);
		return withBody(response, readable, isStream ? { contentType: 'application/json', status } : {});
	};
}

import type { FinishReason, Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, readModelName, toObject } from '../shared/body-fields.ts';
import type { AnswerSummary, StreamWatcher } from '../shared/caller-format.ts';
import { type FrameSummary, isErrorEvent, type SseFrame, summarizeFrame } from '../shared/sse.ts';
import { joinTexts } from '../shared/usage.ts';
import { endResponse, incompleteReasons } from './encode.ts';
import { EventLog } from './items.ts';
import { createOpenAiResponsesUsageReader, readOpenAiResponsesUsage } from './usage.ts';

/** Texts of output in an item. */
function getItemTexts({ arguments: input, content, input: customInput, summary }: JsonObject): unknown[] {
	const refusals = objectsIn(content).map(({ refusal }) => refusal);
	return [content, summary, input, customInput, ...refusals];
}

/** Reads a whole response. */
export function readOpenAiResponsesAnswer(body: JsonObject): AnswerSummary {
	const output = objectsIn(body['output']);
	const finishReason = readFinishReason(body);
	const isRefused = output.some(({ content }) => objectsIn(content).some(({ type }) => type === 'refusal'));
	return {
		finishReason,
		hasOutput: output.some(hasContent),
		isRefusal: isRefused || finishReason === 'content-filter',
		usage: isObject(body['usage']) ? readOpenAiResponsesUsage(body['usage'], body) : null,
		outputText: joinTexts(objectsIn(body['output']).flatMap(getItemTexts)),
		responseId: readResponseId(body),
		model: readModelName(body['model']),
	};
}

/** Longest id of a response that is taken; OpenAI's have about 60 characters. */
const MAX_ID_CHARACTERS = 256;

/** The id of a response that its provider holds; `null` where it says that it does not. */
function readResponseId({ id, store }: JsonObject): string | null {
	return typeof id === 'string' && id.length <= MAX_ID_CHARACTERS && store !== false ? id : null;
}

type Kind = FrameSummary['kind'];

/** Events that end a response, and the status each stands for. */
const FINAL_STATUSES: ReadonlyMap<string, string> = new Map([
	['response.completed', 'completed'],
	['response.incomplete', 'incomplete'],
]);

const FAILURES: ReadonlySet<unknown> = new Set(['error', 'response.failed', 'response.cancelled']);

/** Watches the events of a response that is passed through. Usage is always part of the stream. */
export class OpenAiResponsesStreamWatcher implements StreamWatcher {
	readonly usage: StreamWatcher['usage'] = createOpenAiResponsesUsageReader();
	readonly #output = new WatchedOutput();
	#response: JsonObject = { object: 'response' };
	#finishReason: FinishReason | null = null;
	#nextNumber = 0;
	#isStarted = false;
	#isComplete = false;

	get isComplete(): boolean {
		return this.#isComplete;
	}

	get finishReason(): FinishReason | null {
		return this.#finishReason;
	}

	get responseId(): string | null {
		return readResponseId(this.#response);
	}

	get model(): string | null {
		return readModelName(this.#response['model']);
	}

	read(frame: SseFrame): FrameSummary {
		// some compatible servers end as chat completions do
		if (frame.data?.trim() === '[DONE]') return { kind: 'done', isForwarded: true, data: undefined };
		return summarizeFrame(frame, (data) => this.#classify(data, frame.event));
	}

	repeat(text: string): void {
		this.usage.repeat(text);
		this.#output.repeat(text);
	}

	endEarly(reason: FinishReason, usage: Usage): string {
		if (this.#isComplete) return '';
		const log = new EventLog(this.#nextNumber);
		this.#output.end(log);
		const response = endResponse(this.#response, { output: this.#output.json, reason, usage });
		log.add(`response.${String(response['status'])}`, { response });
		return log.drain();
	}

	#classify(data: unknown, name: string | null): Kind {
		if (!isObject(data)) return 'malformed';
		const type = data['type'] ?? name;
		if (isErrorEvent(data) || FAILURES.has(type)) return 'error';
		if (typeof type !== 'string') return 'other';
		return this.#follow(type, data);
	}

	#follow(type: string, event: JsonObject): Kind {
		this.usage.push(event);
		if (typeof event['sequence_number'] === 'number') this.#nextNumber = event['sequence_number'] + 1;
		if (isObject(event['response'])) this.#response = { ...this.#response, ...event['response'] };
		this.#output.push(type, event);
		const isOutput = this.#isOutput(type, event);
		const hadStarted = this.#isStarted;
		this.#isStarted ||= isOutput;
		const status = FINAL_STATUSES.get(type);
		if (status !== undefined) {
			this.#isComplete = true;
			this.#finishReason = readFinishReason({ ...this.#response, status }, this.#output.hasCalls);
			// some servers send the whole output with the last event
			return isOutput && !hadStarted ? 'output' : 'end';
		}
		if (isOutput) return 'output';
		return this.#isStarted ? 'other' : 'start-up';
	}

	#isOutput(type: string, event: JsonObject): boolean {
		if (type.endsWith('.delta')) return event['delta'] !== '';
		if (type === 'response.output_item.done') {
			const { item } = event;
			return isObject(item) && (isCall(item) || (!this.#isStarted && hasContent(item)));
		}
		return FINAL_STATUSES.has(type) && objectsIn(this.#response['output']).some(hasContent);
	}
}

interface WatchedItem {
	/** The item as it was added, or as it was done. */
	item: JsonObject;
	isDone: boolean;
	/** The text inside it so far, by kind of delta and place. As long as the answer. */
	texts: Map<string, { kind: string; index: number; text: string }>;
}

/** Members of an item that deltas of these kinds fill. */
const MEMBERS: Readonly<Record<string, string>> = {
	'response.function_call_arguments.delta': 'arguments',
	'response.custom_tool_call_input.delta': 'input',
};

const PARTS: Readonly<Record<string, (text: string) => JsonObject>> = {
	'response.output_text.delta': (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] }),
	'response.refusal.delta': (refusal) => ({ type: 'refusal', refusal }),
	'response.reasoning_summary_text.delta': (text) => ({ type: 'summary_text', text }),
};

/** The output of a response as far as its events have told it. */
export class WatchedOutput {
	readonly #items = new Map<number, WatchedItem>();
	/** The text that the last event added to. */
	#latest: { text: string } | null = null;

	/** True when a call was begun. */
	get hasCalls(): boolean {
		return [...this.#items.values()].some(({ item }) => isCall(item));
	}

	/** The items so far, in their order. */
	get json(): JsonObject[] {
		const ordered = [...this.#items].sort(([a], [b]) => a - b);
		return ordered.map(([, item]) => (item.isDone ? item.item : toPartialItem(item)));
	}

	/** Reads one event. */
	push(type: string, event: JsonObject): void {
		this.#latest = null;
		const index = Number(event['output_index'] ?? 0);
		if (type === 'response.output_item.added' || type === 'response.output_item.done') {
			if (!isObject(event['item'])) return;
			const texts = this.#items.get(index)?.texts ?? new Map();
			this.#items.set(index, { item: event['item'], isDone: type.endsWith('.done'), texts });
			return;
		}
		const known = this.#items.get(index);
		if (known === undefined || typeof event['delta'] !== 'string') return;
		const place = Number(event['content_index'] ?? event['summary_index'] ?? 0);
		const key = `${type} ${place}`;
		const before = known.texts.get(key)?.text ?? '';
		const text = { kind: type, index: place, text: before + event['delta'] };
		known.texts.set(key, text);
		this.#latest = text;
	}

	/** The last event came again with this text. */
	repeat(text: string): void {
		if (this.#latest !== null) this.#latest.text += text;
	}

	/** Ends every item that is open. */
	end(log: EventLog): void {
		for (const [output_index, watched] of this.#items) {
			if (watched.isDone) continue;
			const item = toPartialItem(watched);
			watched.item = item;
			watched.isDone = true;
			log.add('response.output_item.done', { output_index, item });
		}
	}
}

function toPartialItem({ item, texts }: WatchedItem): JsonObject {
	const parts = [...texts.values()].sort((a, b) => a.index - b.index);
	const members = parts.flatMap(({ kind, text }) => (MEMBERS[kind] === undefined ? [] : [[MEMBERS[kind], text]]));
	const content = parts.flatMap(({ kind, text }) => PARTS[kind]?.(text) ?? []);
	const name = item['type'] === 'reasoning' ? 'summary' : 'content';
	const status = item['type'] === 'reasoning' ? {} : { status: 'incomplete' };
	return { ...item, ...status, ...Object.fromEntries(members), ...(content.length > 0 ? { [name]: content } : {}) };
}

/** Items that the caller must answer. */
const CALL_TYPES = 'function_call custom_tool_call local_shell_call shell_call apply_patch_call computer_call';
const CALLS: ReadonlySet<unknown> = new Set([...CALL_TYPES.split(' '), 'mcp_approval_request']);

/** True for an item that the caller must answer. */
function isCall({ type }: JsonObject): boolean {
	return CALLS.has(type);
}

/**
 * Why a response ended; `null` while it goes on. `calls`: calls were streamed, for servers whose last event does not repeat
 * the output.
 */
function readFinishReason(response: JsonObject, calls = false): FinishReason | null {
	switch (response['status']) {
		case 'completed':
			return calls || objectsIn(response['output']).some(isCall) ? 'tool-calls' : 'stop';
		case 'incomplete':
			return incompleteReasons.parse(toObject(response['incomplete_details'])['reason']) ?? 'other';
		case 'failed':
		case 'cancelled':
			return 'error';
		default:
			return null;
	}
}

/** True for an item that has output for the caller: everything but reasoning and empty messages. */
function hasContent(item: JsonObject): boolean {
	if (item['type'] === 'reasoning') return false;
	if (item['type'] !== 'message') return true;
	return objectsIn(item['content']).some(({ text, refusal }) => Boolean(text) || Boolean(refusal));
}

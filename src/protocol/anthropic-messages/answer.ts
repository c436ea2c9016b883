import type { FinishReason, Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, readModelName, toObject } from '../shared/body-fields.ts';
import type { AnswerSummary, StreamWatcher } from '../shared/caller-format.ts';
import { FinishReasons } from '../shared/neutral-form.ts';
import { type FrameSummary, formatSse, isErrorEvent, type SseFrame, summarizeFrame } from '../shared/sse.ts';
import { joinTexts } from '../shared/usage.ts';
import { createAnthropicUsageReader, encodeAnthropicUsage, readAnthropicUsage } from './usage.ts';

/** Source: https://docs.claude.com/en/api/handling-stop-reasons */
export const anthropicStopReasons: FinishReasons = new FinishReasons(
	// no word for an error: a broken answer never looks finished
	{
		stop: 'end_turn stop_sequence pause_turn',
		length: 'max_tokens model_context_window_exceeded',
		'tool-calls': 'tool_use',
		'content-filter': 'refusal',
		other: 'compaction',
	},
	{ other: 'end_turn' },
);

function hasOutput(block: JsonObject): boolean {
	return typeof block['type'] === 'string' && block['text'] !== '' && block['thinking'] !== '';
}

/** Texts of output in a block of content. */
function getBlockTexts({ input, text, thinking }: JsonObject): unknown[] {
	return [text, thinking, isObject(input) ? JSON.stringify(input) : undefined];
}

/** Reads a whole message. */
export function readAnthropicAnswer(body: JsonObject): AnswerSummary {
	const isRefusal = body['stop_reason'] === 'refusal';
	return {
		finishReason: anthropicStopReasons.parse(body['stop_reason']),
		hasOutput: isRefusal || objectsIn(body['content']).some(hasOutput),
		isRefusal,
		usage: isObject(body['usage']) ? readAnthropicUsage(body['usage']) : null,
		outputText: joinTexts(objectsIn(body['content']).flatMap(getBlockTexts)),
		model: readModelName(body['model']),
	};
}

type Kind = FrameSummary['kind'];

/** Blocks that begin empty; the others are output as soon as they begin. */
const EMPTY_AT_START: ReadonlySet<unknown> = new Set(['text', 'thinking']);

function classifyStart({ content_block: block }: JsonObject): Kind {
	if (!isObject(block)) return 'malformed';
	const isEmpty = EMPTY_AT_START.has(block['type']) && !block['text'] && !block['thinking'];
	return isEmpty ? 'start-up' : 'output';
}

function classifyDelta({ delta }: JsonObject): Kind {
	if (!isObject(delta)) return 'malformed';
	const texts = [delta['text'], delta['thinking'], delta['partial_json']].filter((text) => text !== undefined);
	return texts.length > 0 && texts.every((text) => text === '') ? 'other' : 'output';
}

const CLASSIFIERS: ReadonlyMap<unknown, (event: JsonObject) => Kind> = new Map(
	Object.entries<(event: JsonObject) => Kind>({
		message_start: ({ message }) => (isObject(message) ? 'start-up' : 'malformed'),
		ping: () => 'start-up',
		content_block_start: classifyStart,
		content_block_delta: classifyDelta,
		content_block_stop: () => 'other',
		message_delta: ({ delta }) => (typeof toObject(delta)['stop_reason'] === 'string' ? 'end' : 'usage'),
		message_stop: () => 'done',
	}),
);

/** Watches a stream of messages. Source: https://docs.claude.com/en/docs/build-with-claude/streaming */
export function createAnthropicStreamWatcher(): StreamWatcher {
	return new AnthropicStreamWatcher();
}

class AnthropicStreamWatcher implements StreamWatcher {
	readonly usage = createAnthropicUsageReader();
	readonly #open = new Set<number>();
	isComplete = false;
	finishReason: FinishReason | null = null;
	model: string | null = null;

	read(frame: SseFrame): FrameSummary {
		// some compatible servers end as chat completions do
		if (frame.data?.trim() === '[DONE]') return { kind: 'done', isForwarded: this.isComplete, data: undefined };
		return summarizeFrame(frame, this.#classify);
	}

	repeat(text: string): void {
		this.usage.repeat(text);
	}

	endEarly(...[reason, spent]: Parameters<StreamWatcher['endEarly']>): string {
		const stops = [...this.#open].sort((a, b) => a - b).map((index) => ({ type: 'content_block_stop', index }));
		this.#open.clear();
		return stops.map((stop) => formatSse(stop, stop.type)).join('') + endMessageEarly(reason, spent);
	}

	readonly #classify = (event: unknown): Kind => {
		if (!isObject(event)) return 'malformed';
		if (isErrorEvent(event)) return 'error';
		if (typeof event['type'] !== 'string') return 'other';
		// the API's rule for clients: events of a new type are let through
		const kind = CLASSIFIERS.get(event['type'])?.(event) ?? 'other';
		if (kind === 'malformed') return kind;
		this.#follow(event);
		this.usage.push(event);
		return kind;
	};

	#follow({ type, index, delta, message }: JsonObject): void {
		if (type === 'message_start') this.model = readModelName(toObject(message)['model']);
		if (type === 'content_block_start' && typeof index === 'number') this.#open.add(index);
		if (type === 'content_block_stop' && typeof index === 'number') this.#open.delete(index);
		if (type === 'message_delta')
			this.finishReason = anthropicStopReasons.parse(toObject(delta)['stop_reason']) ?? this.finishReason;
		this.isComplete ||= type === 'message_stop' || this.finishReason !== null;
	}
}

/** What ends a message besides its reason. */
interface MessageEnd {
	stopReason: string | null;
	stopSequence: string | null;
	usage: JsonObject;
}

/** The events that end a message. */
export function formatMessageEnd({ stopReason, stopSequence, usage }: MessageEnd): string {
	const delta = { stop_reason: stopReason, stop_sequence: stopSequence };
	const end = formatSse({ type: 'message_delta', delta, usage }, 'message_delta');
	return end + formatSse({ type: 'message_stop' }, 'message_stop');
}

/** The events that end a message before its provider does. */
export function endMessageEarly(reason: FinishReason, usage: Usage): string {
	return formatMessageEnd({
		stopReason: anthropicStopReasons.format(reason),
		stopSequence: null,
		usage: encodeAnthropicUsage(usage),
	});
}

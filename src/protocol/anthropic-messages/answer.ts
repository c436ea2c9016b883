import type { FinishReason, Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { AnswerSummary, FrameSummary, StreamWatcher } from '../shared/caller-format.ts';
import { formatSse, parseFrameData } from '../shared/sse.ts';
import { objectsIn } from '../shared/usage.ts';
import { createAnthropicUsageReader, encodeAnthropicUsage, readAnthropicUsage } from './usage.ts';

function saysSomething(block: JsonObject): boolean {
	const texts = [block['text'], block['thinking']];
	return typeof block['type'] === 'string' && texts.every((text) => text !== '');
}

/** Reads a whole message that is passed through. @throws InvalidInputError for figures that cannot be */
export function readAnthropicAnswer(body: JsonObject): AnswerSummary {
	const isRefusal = body['stop_reason'] === 'refusal';
	return {
		finishReason: readAnthropicStopReason(body['stop_reason']),
		hasOutput: isRefusal || objectsIn(body['content']).some(saysSomething),
		isRefusal,
		usage: isObject(body['usage']) ? readAnthropicUsage(body['usage']) : null,
	};
}

type Kind = FrameSummary['kind'];

/** Blocks that begin empty; the others are output as soon as they begin. */
const EMPTY_AT_START: ReadonlySet<unknown> = new Set(['text', 'thinking']);

function kindOfStart({ content_block: block }: JsonObject): Kind {
	if (!isObject(block)) return 'malformed';
	const isEmpty = EMPTY_AT_START.has(block['type']) && !block['text'] && !block['thinking'];
	return isEmpty ? 'start-up' : 'output';
}

function kindOfDelta({ delta }: JsonObject): Kind {
	if (!isObject(delta)) return 'malformed';
	const texts = [delta['text'], delta['thinking'], delta['partial_json']].filter((text) => text !== undefined);
	return texts.length > 0 && texts.every((text) => text === '') ? 'other' : 'output';
}

function kindOfMessageDelta({ delta }: JsonObject): Kind {
	return isObject(delta) && typeof delta['stop_reason'] === 'string' ? 'end' : 'usage';
}

const KINDS: Readonly<Record<string, (event: JsonObject) => Kind>> = {
	message_start: ({ message }) => (isObject(message) ? 'start-up' : 'malformed'),
	ping: () => 'start-up',
	content_block_start: kindOfStart,
	content_block_delta: kindOfDelta,
	content_block_stop: () => 'other',
	message_delta: kindOfMessageDelta,
	message_stop: () => 'done',
	error: () => 'error',
};

function kindOf(event: unknown): Kind {
	if (!isObject(event) || typeof event['type'] !== 'string') return 'malformed';
	// The API's rule for clients: events of a new type are let pass.
	return Object.hasOwn(KINDS, event['type']) ? (KINDS[event['type']]?.(event) ?? 'other') : 'other';
}

/** Watches a stream of messages. Source: https://docs.claude.com/en/docs/build-with-claude/streaming */
export function createAnthropicStreamWatcher(): StreamWatcher {
	const usage = createAnthropicUsageReader();
	const open = new Set<number>();
	let isComplete = false;
	let finishReason: FinishReason | null = null;

	function follow(event: JsonObject): void {
		const { type, index, delta } = event;
		if (type === 'content_block_start' && typeof index === 'number') open.add(index);
		if (type === 'content_block_stop' && typeof index === 'number') open.delete(index);
		if (type === 'message_delta' && isObject(delta))
			finishReason = readAnthropicStopReason(delta['stop_reason']) ?? finishReason;
		if (type === 'message_stop' || finishReason !== null) isComplete = true;
	}

	return {
		read(frame) {
			const { data, isEmpty: isSilent } = parseFrameData(frame);
			if (isSilent) return { kind: 'other', isForwarded: true, data };
			const kind = kindOf(data);
			if (isObject(data) && kind !== 'malformed' && kind !== 'error') {
				follow(data);
				usage.push(data);
			}
			return { kind, isForwarded: true, data };
		},
		usage,
		get isComplete() {
			return isComplete;
		},
		get finishReason() {
			return finishReason;
		},
		endEarly(reason: FinishReason, spent: Usage) {
			const stops = [...open].sort((a, b) => a - b).map((index) => ({ type: 'content_block_stop', index }));
			open.clear();
			return stops.map((stop) => formatSse(stop, stop.type)).join('') + endMessageEarly(reason, spent);
		},
	};
}

/** What each of Anthropic's stop reasons means. Source: https://docs.claude.com/en/api/handling-stop-reasons */
const MEANINGS: Readonly<Record<string, FinishReason>> = {
	end_turn: 'stop',
	stop_sequence: 'stop',
	pause_turn: 'stop',
	max_tokens: 'length',
	model_context_window_exceeded: 'length',
	tool_use: 'tool-calls',
	refusal: 'content-filter',
	compaction: 'other',
};

const WORDS: Readonly<Record<FinishReason, string | null>> = {
	stop: 'end_turn',
	length: 'max_tokens',
	'tool-calls': 'tool_use',
	'content-filter': 'refusal',
	other: 'end_turn',
	// no word for it: a broken answer never looks finished
	error: null,
};

/** The meaning of a stop reason; `null` while the provider has not said one. */
function readAnthropicStopReason(word: unknown): FinishReason | null {
	if (word === null || word === undefined) return null;
	return (typeof word === 'string' ? MEANINGS[word] : undefined) ?? 'other';
}

/** The stop reason for a finish; the provider's own word where it is one of Anthropic's and means the same. */
export function writeAnthropicStopReason(reason: FinishReason, raw?: string): string | null {
	return raw !== undefined && MEANINGS[raw] === reason ? raw : WORDS[reason];
}

/** What ends a message besides its reason. */
export interface MessageEnd {
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

/** The events that end a message now, with a reason of this package. */
export function endMessageEarly(reason: FinishReason, usage: Usage): string {
	return formatMessageEnd({
		stopReason: writeAnthropicStopReason(reason),
		stopSequence: null,
		usage: encodeAnthropicUsage(usage),
	});
}

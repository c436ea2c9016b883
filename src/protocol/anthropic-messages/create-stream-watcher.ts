import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { FrameReading, StreamWatcher } from '../shared/caller-format.ts';
import { parseFrame } from '../shared/parse-frame.ts';
import { formatSse } from '../shared/sse-frames.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { endOfMessage } from './end-of-message.ts';
import { createAnthropicUsageReader } from './read-stream-usage.ts';
import { readStopReason } from './stop-reasons.ts';

type Kind = FrameReading['kind'];

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
export function createStreamWatcher(): StreamWatcher {
	const usage = createAnthropicUsageReader();
	const open = new Set<number>();
	let isComplete = false;
	let finishReason: FinishReason | null = null;

	function follow(event: JsonObject): void {
		const { type, index, delta } = event;
		if (type === 'content_block_start' && typeof index === 'number') open.add(index);
		if (type === 'content_block_stop' && typeof index === 'number') open.delete(index);
		if (type === 'message_delta' && isObject(delta))
			finishReason = readStopReason(delta['stop_reason']) ?? finishReason;
		if (type === 'message_stop' || finishReason !== null) isComplete = true;
	}

	return {
		read(frame) {
			const { data, isSilent } = parseFrame(frame);
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
			return stops.map((stop) => formatSse(stop, stop.type)).join('') + endOfMessage(reason, spent);
		},
	};
}

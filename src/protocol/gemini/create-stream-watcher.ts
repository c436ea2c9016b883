import type { FinishReason } from '../../contracts/index.ts';
import type { FrameReading, StreamWatcher } from '../shared/caller-format.ts';
import { parseFrame } from '../shared/parse-frame.ts';
import { formatSse } from '../shared/sse-frames.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { writeFinishWord } from './finish-reasons.ts';
import { isPromptBlocked, readCandidates } from './read-candidates.ts';
import { createGeminiUsageReader } from './read-stream-usage.ts';
import { writeUsage } from './write-usage.ts';

/** What has been seen of a stream. */
interface Seen {
	/** The finish of each candidate, by its index. */
	finishes: Map<number, FinishReason | null>;
	hasCalls: boolean;
	/** What the pieces say of themselves, to be said again by a piece of our own. */
	about: JsonObject;
}

function isChunk(data: JsonObject): boolean {
	return Array.isArray(data['candidates']) || isObject(data['promptFeedback']) || isObject(data['usageMetadata']);
}

function follow(chunk: JsonObject, seen: Seen): FrameReading['kind'] {
	const { modelVersion, responseId } = chunk;
	seen.about = { ...seen.about, ...(modelVersion ? { modelVersion } : {}), ...(responseId ? { responseId } : {}) };
	if (isPromptBlocked(chunk)) {
		seen.finishes.set(0, 'content-filter');
		return 'end';
	}
	const candidates = readCandidates(chunk);
	for (const { index, finishReason } of candidates) {
		if (finishReason !== null || !seen.finishes.has(index)) seen.finishes.set(index, finishReason);
	}
	seen.hasCalls ||= candidates.some(({ hasCall }) => hasCall);
	if (candidates.some(({ finishReason }) => finishReason !== null) && isFinished(seen)) return 'end';
	if (candidates.some(({ hasOutput }) => hasOutput)) return 'output';
	return candidates.length === 0 && isObject(chunk['usageMetadata']) ? 'usage' : 'start-up';
}

function isFinished({ finishes }: Seen): boolean {
	return finishes.size > 0 && [...finishes.values()].every((reason) => reason !== null);
}

/** Watches a stream of generated content: pieces without names, nothing after the last. */
export function createStreamWatcher(): StreamWatcher {
	const usage = createGeminiUsageReader();
	const seen: Seen = { finishes: new Map(), hasCalls: false, about: {} };

	function read(data: unknown): FrameReading['kind'] {
		if (!isObject(data)) return 'malformed';
		if (isObject(data['error'])) return 'error';
		if (!isChunk(data)) return Object.keys(data).length === 0 ? 'other' : 'malformed';
		usage.push(data);
		return follow(data, seen);
	}

	return {
		read(frame) {
			const { data, isSilent } = parseFrame(frame);
			return { kind: isSilent ? 'other' : read(data), isForwarded: true, data };
		},
		usage,
		get isComplete() {
			return isFinished(seen);
		},
		get finishReason() {
			const reason = [...seen.finishes.values()].find((finish) => finish !== null) ?? null;
			return reason === 'stop' && seen.hasCalls ? 'tool-calls' : reason;
		},
		endEarly(reason, spent) {
			const open = [...seen.finishes].filter(([, finish]) => finish === null).map(([index]) => index);
			const candidates = (open.length > 0 ? open : [0]).map((index) => ({
				content: { parts: [{ text: '' }], role: 'model' },
				finishReason: writeFinishWord(reason),
				index,
			}));
			return formatSse({ candidates, usageMetadata: writeUsage(spent), ...seen.about });
		},
	};
}

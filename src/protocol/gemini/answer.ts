import type { FinishReason } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { AnswerSummary, FrameSummary, StreamWatcher } from '../shared/caller-format.ts';
import { formatSse, parseFrameData } from '../shared/sse.ts';
import { objectsIn } from '../shared/usage.ts';
import { countGroundingSearches, createGeminiUsageReader, encodeGeminiUsage, readGeminiUsage } from './usage.ts';

/** Reads a whole answer that is passed through. @throws InvalidInputError for figures that cannot be */
export function readGeminiAnswer(body: JsonObject): AnswerSummary {
	const candidates = readCandidates(body);
	const reason = candidates.find(({ finishReason }) => finishReason !== null)?.finishReason ?? null;
	const finishReason = isPromptBlocked(body) ? 'content-filter' : reason;
	const isRefusal = finishReason === 'content-filter';
	const { usageMetadata: usage } = body;
	return {
		finishReason,
		hasOutput: isRefusal || candidates.some(({ hasOutput }) => hasOutput),
		isRefusal,
		usage: isObject(usage) ? readGeminiUsage(usage, countGroundingSearches(body['candidates'])) : null,
	};
}

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

function follow(chunk: JsonObject, seen: Seen): FrameSummary['kind'] {
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
export function createGeminiStreamWatcher(): StreamWatcher {
	const usage = createGeminiUsageReader();
	const seen: Seen = { finishes: new Map(), hasCalls: false, about: {} };

	function read(data: unknown): FrameSummary['kind'] {
		if (!isObject(data)) return 'malformed';
		if (isObject(data['error'])) return 'error';
		if (!isChunk(data)) return Object.keys(data).length === 0 ? 'other' : 'malformed';
		usage.push(data);
		return follow(data, seen);
	}

	return {
		read(frame) {
			const { data, isEmpty: isSilent } = parseFrameData(frame);
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
				finishReason: writeGeminiFinishReason(reason),
				index,
			}));
			return formatSse({ candidates, usageMetadata: encodeGeminiUsage(spent), ...seen.about });
		},
	};
}

const UNSPECIFIED = 'BLOCKED_REASON_UNSPECIFIED';

/** One candidate of an answer or of a piece of one. */
export interface Candidate {
	index: number;
	hasOutput: boolean;
	hasCall: boolean;
	finishReason: FinishReason | null;
}

function saysSomething(part: JsonObject): boolean {
	const { text, thoughtSignature: _signature, thought: _thought, ...rest } = part;
	return (typeof text === 'string' && text !== '') || Object.keys(rest).length > 0;
}

function partsOf(candidate: JsonObject): JsonObject[] {
	return isObject(candidate['content']) ? objectsIn(candidate['content']['parts']) : [];
}

/** What the candidates say. A call for tools is `tool-calls`, as Gemini itself does not tell. */
function readCandidates(answer: JsonObject): Candidate[] {
	return objectsIn(answer['candidates']).map((candidate) => {
		const parts = partsOf(candidate);
		const reason = readGeminiFinishReason(candidate['finishReason']);
		const hasCall = parts.some((part) => isObject(part['functionCall']));
		return {
			index: typeof candidate['index'] === 'number' ? candidate['index'] : 0,
			hasOutput: parts.some(saysSomething),
			hasCall,
			finishReason: reason === 'stop' && hasCall ? 'tool-calls' : reason,
		};
	});
}

/** True when Google refused the prompt itself. */
function isPromptBlocked(answer: JsonObject): boolean {
	const feedback = answer['promptFeedback'];
	if (!isObject(feedback)) return false;
	const reason = feedback['blockReason'];
	return typeof reason === 'string' && reason !== '' && reason !== UNSPECIFIED;
}

/** What each of Gemini's finish reasons means. Source: https://ai.google.dev/api/generate-content#FinishReason */
const MEANINGS: Readonly<Record<string, FinishReason>> = {
	STOP: 'stop',
	MAX_TOKENS: 'length',
	SAFETY: 'content-filter',
	RECITATION: 'content-filter',
	BLOCKLIST: 'content-filter',
	PROHIBITED_CONTENT: 'content-filter',
	SPII: 'content-filter',
	IMAGE_SAFETY: 'content-filter',
	IMAGE_PROHIBITED_CONTENT: 'content-filter',
	IMAGE_RECITATION: 'content-filter',
	MALFORMED_FUNCTION_CALL: 'error',
	UNEXPECTED_TOOL_CALL: 'error',
	TOO_MANY_TOOL_CALLS: 'error',
	MALFORMED_RESPONSE: 'error',
};

const WORDS: Readonly<Record<FinishReason, string>> = {
	stop: 'STOP',
	length: 'MAX_TOKENS',
	// a call is a part like any other
	'tool-calls': 'STOP',
	'content-filter': 'SAFETY',
	error: 'MALFORMED_RESPONSE',
	other: 'OTHER',
};

/** The meaning of a finish reason; `null` while the provider has not said one. */
export function readGeminiFinishReason(word: unknown): FinishReason | null {
	if (typeof word !== 'string' || word === '' || word === 'FINISH_REASON_UNSPECIFIED') return null;
	return MEANINGS[word] ?? 'other';
}

/** The finish reason; the provider's own word where it is one of Gemini's and means the same. */
export function writeGeminiFinishReason(reason: FinishReason, raw?: string): string {
	return raw !== undefined && MEANINGS[raw] === reason ? raw : WORDS[reason];
}

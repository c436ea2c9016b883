import type { FinishReason } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, readModelName, toObject } from '../shared/body-fields.ts';
import type { AnswerSummary, StreamWatcher } from '../shared/caller-format.ts';
import { FinishReasons } from '../shared/neutral-form.ts';
import { type FrameSummary, formatSse, isErrorEvent, summarizeFrame } from '../shared/sse.ts';
import { joinTexts } from '../shared/usage.ts';
import {
	countGroundingSearches,
	createGeminiUsageReader,
	encodeGeminiUsage,
	getCandidateTexts,
	readGeminiUsage,
} from './usage.ts';

/** Source: https://ai.google.dev/api/generate-content#FinishReason */
export const geminiFinishReasons: FinishReasons = new FinishReasons(
	{
		stop: 'STOP',
		length: 'MAX_TOKENS',
		'content-filter':
			'SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION MODEL_ARMOR',
		error: 'MALFORMED_RESPONSE MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS',
		other: 'OTHER',
	},
	// a call is a part like any other; OTHER is Google's, and its clients take it for a failure
	{ 'tool-calls': 'STOP', other: 'STOP' },
	'FINISH_REASON_UNSPECIFIED',
);

/** One candidate of an answer or of a chunk of one. */
interface AnswerCandidate {
	index: number;
	hasOutput: boolean;
	hasCall: boolean;
	finishReason: FinishReason | null;
	/** What an end that is an error is called, and what is said of it. */
	failure: string | null;
}

function hasContent(part: JsonObject): boolean {
	const { text, thoughtSignature: _signature, thought: _thought, ...rest } = part;
	return (typeof text === 'string' && text !== '') || Object.keys(rest).length > 0;
}

/** Why an answer with a call finished: one that was not expected is a call still. */
function toReasonOfCall(reason: FinishReason | null): FinishReason | null {
	return reason === 'stop' || reason === 'error' ? 'tool-calls' : reason;
}

function describeEnd({ finishMessage, finishReason }: JsonObject): string {
	return typeof finishMessage === 'string' ? `${String(finishReason)}: ${finishMessage}` : String(finishReason);
}

/** What the candidates say. One that calls tools finished for `tool-calls`, which Gemini itself does not tell. */
function readCandidates(answer: JsonObject): AnswerCandidate[] {
	return objectsIn(answer['candidates']).map((candidate) => {
		const parts = objectsIn(toObject(candidate['content'])['parts']);
		const reason = geminiFinishReasons.parse(candidate['finishReason']);
		const hasCall = parts.some((part) => isObject(part['functionCall']));
		return {
			index: typeof candidate['index'] === 'number' ? candidate['index'] : 0,
			hasOutput: parts.some(hasContent),
			hasCall,
			finishReason: hasCall ? toReasonOfCall(reason) : reason,
			failure: reason === 'error' ? describeEnd(candidate) : null,
		};
	});
}

/** True when Google refused the prompt itself. */
function isPromptBlocked(answer: JsonObject): boolean {
	const reason = toObject(answer['promptFeedback'])['blockReason'];
	return typeof reason === 'string' && reason !== '' && reason !== 'BLOCKED_REASON_UNSPECIFIED';
}

/** Reads a whole answer. */
export function readGeminiAnswer(body: JsonObject): AnswerSummary {
	const candidates = readCandidates(body);
	const reason = candidates.find(({ finishReason }) => finishReason !== null)?.finishReason ?? null;
	const finishReason = isPromptBlocked(body) ? 'content-filter' : reason;
	const isRefusal = finishReason === 'content-filter';
	const failure = candidates.find((candidate) => candidate.failure !== null)?.failure ?? null;
	const { usageMetadata: usage } = body;
	return {
		finishReason,
		hasOutput: isRefusal || candidates.some(({ hasOutput }) => hasOutput),
		isRefusal,
		...(failure === null ? {} : { failure }),
		usage: isObject(usage) ? readGeminiUsage(usage, countGroundingSearches(body['candidates'])) : null,
		outputText: joinTexts(getCandidateTexts(body['candidates'])),
		model: readModelName(body['modelVersion']),
	};
}

/** Watches a stream of generated content: chunks without names, nothing after the last. */
export class GeminiStreamWatcher implements StreamWatcher {
	readonly usage: StreamWatcher['usage'] = createGeminiUsageReader();
	/** Why each candidate finished, by its index; `null` while it goes on. */
	readonly #finishReasons = new Map<number, FinishReason | null>();
	#hasCalls = false;
	#failure: string | null = null;
	/** Members that every chunk repeats, ours too. */
	#about: JsonObject = {};

	get isComplete(): boolean {
		return this.#finishReasons.size > 0 && [...this.#finishReasons.values()].every((reason) => reason !== null);
	}

	get finishReason(): FinishReason | null {
		const reason = [...this.#finishReasons.values()].find((each) => each !== null) ?? null;
		return this.#hasCalls ? toReasonOfCall(reason) : reason;
	}

	get failure(): string | null {
		return this.#failure;
	}

	get model(): string | null {
		return readModelName(this.#about['modelVersion']);
	}

	read: StreamWatcher['read'] = (frame) => summarizeFrame(frame, (data) => this.#classify(data));

	repeat(text: string): void {
		this.usage.repeat(text);
	}

	endEarly: StreamWatcher['endEarly'] = (reason, spent) => {
		const open = [...this.#finishReasons].filter(([, finish]) => finish === null).map(([index]) => index);
		const candidates = (open.length > 0 ? open : [0]).map((index) => ({
			content: { parts: [{ text: '' }], role: 'model' },
			finishReason: geminiFinishReasons.format(reason),
			index,
		}));
		return formatSse({ candidates, usageMetadata: encodeGeminiUsage(spent), ...this.#about });
	};

	#classify(data: unknown): FrameSummary['kind'] {
		if (!isObject(data)) return 'malformed';
		const { candidates, modelVersion, promptFeedback, responseId, usageMetadata } = data;
		if (isErrorEvent(data)) return 'error';
		if (!Array.isArray(candidates) && !isObject(promptFeedback) && !isObject(usageMetadata)) return 'other';
		this.usage.push(data);
		this.#about = { ...this.#about, ...(modelVersion ? { modelVersion } : {}), ...(responseId ? { responseId } : {}) };
		if (!isPromptBlocked(data)) return this.#follow(readCandidates(data), isObject(usageMetadata));
		this.#finishReasons.set(0, 'content-filter');
		return 'end';
	}

	#follow(candidates: readonly AnswerCandidate[], hasUsage: boolean): FrameSummary['kind'] {
		for (const { index, failure, finishReason, hasCall } of candidates) {
			this.#finishReasons.set(index, finishReason ?? this.#finishReasons.get(index) ?? null);
			this.#hasCalls ||= hasCall;
			this.#failure ??= failure;
		}
		if (candidates.some(({ finishReason }) => finishReason !== null) && this.isComplete) return 'end';
		if (candidates.some(({ hasOutput }) => hasOutput)) return 'output';
		return candidates.length === 0 && hasUsage ? 'usage' : 'start-up';
	}
}

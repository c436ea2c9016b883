import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { withoutUndefined } from '../shared/body-fields.ts';
import type { AnswerMetadata, StreamEncoder } from '../shared/caller-format.ts';
import { toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { formatSse } from '../shared/sse.ts';
import { geminiFinishReasons } from './answer.ts';
import { GeminiPartEncoder } from './encode.ts';
import { encodeGeminiStreamError } from './errors.ts';
import { encodeGeminiNeutralUsage, encodeGeminiUsage } from './usage.ts';

type Finish = Extract<LanguageModelV4StreamPart, { type: 'finish' }>;

/** Writes a neutral stream as chunks of generated content; a call for a tool is one chunk, whole. */
export function createGeminiStreamEncoder(metadata: AnswerMetadata): StreamEncoder {
	const encoder = new GeminiPartEncoder(metadata);

	function formatChunk(candidate: JsonObject, usageMetadata?: JsonObject): string {
		const { model: modelVersion, id: responseId } = metadata;
		const candidates = [{ ...candidate, index: 0 }];
		return formatSse({ candidates, ...withoutUndefined({ usageMetadata }), modelVersion, responseId });
	}

	function end(finishReason: string, usage: JsonObject, grounding: JsonObject = {}): string {
		const content = { parts: [{ text: '' }], role: 'model' };
		return formatChunk({ content, finishReason, ...grounding }, usage);
	}

	function finish({ finishReason, usage, providerMetadata }: Finish): string {
		const reason = toFinishReason(finishReason);
		// Gemini has words of its own for some broken answers; any other is an error
		if (reason === 'error' && geminiFinishReasons.parse(finishReason.raw) !== 'error')
			return encodeGeminiStreamError(unfinishedAnswerError(finishReason.raw, null));
		const word = geminiFinishReasons.format(reason, finishReason.raw);
		return end(word, encodeGeminiNeutralUsage(usage), encoder.encodeGrounding(providerMetadata));
	}

	return {
		get dropped() {
			return [...encoder.dropped];
		},
		push(part) {
			if (part.type === 'finish') return finish(part);
			const parts = encoder.encode(part);
			return parts.length === 0 ? '' : formatChunk({ content: { parts, role: 'model' } });
		},
		endEarly: (reason, usage) => end(geminiFinishReasons.format(reason), encodeGeminiUsage(usage)),
	};
}

/** Turns server-sent events into the list that a caller gets who did not ask for `alt=sse`. */
export interface JsonArrayWriter {
	/** The text for whole events. */
	push(events: string): string;
	/** What closes the list. */
	end(): string;
}

/** Writes a stream as Google does without `alt=sse`: one JSON list whose members come as they are made. */
export function createJsonArrayWriter(): JsonArrayWriter {
	let isBegun = false;
	return {
		push(events) {
			const texts = events
				.split('\n')
				.filter((line) => line.startsWith('data:'))
				.map((line) => line.slice('data:'.length).trim());
			return texts
				.map((text) => {
					const before = isBegun ? ',\r\n' : '[';
					isBegun = true;
					return before + text;
				})
				.join('');
		},
		end: () => (isBegun ? ']' : '[]'),
	};
}

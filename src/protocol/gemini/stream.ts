import type { LanguageModelV4Source, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerMetadata, StreamEncoder } from '../shared/caller-format.ts';
import { parseMessageStart, toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { formatSse } from '../shared/sse.ts';
import { geminiFinishReasons } from './answer.ts';
import { encodeGrounding, PartWriter } from './encode.ts';
import { encodeGeminiStreamError } from './errors.ts';
import { encodeGeminiNeutralUsage, encodeGeminiUsage } from './usage.ts';

type Part = LanguageModelV4StreamPart;

/** Writes a neutral stream as pieces of generated content. */
class ContentEncoder implements StreamEncoder {
	readonly #about: JsonObject;
	readonly #writer: PartWriter;
	readonly #sources: LanguageModelV4Source[] = [];
	readonly #dropped = new Set<string>();

	constructor(facts: AnswerMetadata) {
		this.#about = { modelVersion: facts.model, responseId: facts.id };
		this.#writer = new PartWriter(facts);
	}

	get dropped(): readonly string[] {
		return [...this.#dropped];
	}

	push(part: Part): string {
		if (parseMessageStart(part) !== null) return '';
		if (part.type === 'finish') return this.#finish(part);
		const parts = this.#parts(part);
		return parts.length === 0 ? '' : this.#piece({ content: { parts, role: 'model' }, index: 0 });
	}

	endEarly: StreamEncoder['endEarly'] = (reason, usage) =>
		this.#end(geminiFinishReasons.format(reason), encodeGeminiUsage(usage));

	#piece(candidate: JsonObject, usageMetadata?: JsonObject): string {
		const usage = usageMetadata === undefined ? {} : { usageMetadata };
		return formatSse({ candidates: [candidate], ...usage, ...this.#about });
	}

	#end(finishReason: string, usage: JsonObject, grounding: JsonObject = {}): string {
		const content = { parts: [{ text: '' }], role: 'model' };
		return this.#piece({ content, finishReason, ...grounding, index: 0 }, usage);
	}

	#orDropped(part: Part, written: JsonObject | null): JsonObject[] {
		if (written !== null) return [written];
		this.#dropped.add(part.type);
		return [];
	}

	#parts(part: Part): JsonObject[] {
		switch (part.type) {
			case 'text-delta':
				return this.#writer.text(part.delta, part.providerMetadata);
			case 'reasoning-start':
				return this.#writer.thought('', part.providerMetadata);
			case 'reasoning-delta':
				return this.#writer.thought(part.delta, part.providerMetadata);
			case 'reasoning-end': {
				const parts = this.#writer.thought('', part.providerMetadata);
				this.#writer.endThought();
				return parts;
			}
			case 'tool-call':
				return this.#orDropped(part, this.#writer.call(part));
			case 'tool-result':
				return this.#orDropped(part, this.#writer.result(part));
			case 'file':
			case 'reasoning-file':
				return this.#writer.file(part);
			default:
				return this.#other(part);
		}
	}

	#other(part: Part): JsonObject[] {
		if (part.type === 'source' && part.sourceType === 'url') this.#sources.push(part);
		else if (part.type === 'source' || part.type === 'custom' || part.type === 'tool-approval-request') {
			this.#dropped.add(part.type);
		}
		// starts and ends, input that comes whole with its call, metadata; an error is told by whoever reads the stream
		return [];
	}

	#finish({ finishReason, usage, providerMetadata }: Extract<Part, { type: 'finish' }>): string {
		const reason = toFinishReason(finishReason);
		// Gemini has words of its own for some broken answers; any other is an error.
		if (reason === 'error' && geminiFinishReasons.parse(finishReason.raw) !== 'error') {
			return encodeGeminiStreamError(unfinishedAnswerError(finishReason.raw, null));
		}
		const grounding = encodeGrounding(providerMetadata, this.#sources);
		return this.#end(geminiFinishReasons.format(reason, finishReason.raw), encodeGeminiNeutralUsage(usage), grounding);
	}
}

/** Writes a neutral stream as pieces of generated content; a call for a tool is one piece, whole. */
export function createGeminiStreamEncoder(facts: AnswerMetadata): StreamEncoder {
	return new ContentEncoder(facts);
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

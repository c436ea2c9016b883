import type {
	LanguageModelV4Citation,
	LanguageModelV4Content,
	LanguageModelV4File,
	LanguageModelV4GenerateResult,
	LanguageModelV4ReasoningFile,
	LanguageModelV4Source,
	LanguageModelV4StreamPart,
	LanguageModelV4ToolCall,
	LanguageModelV4ToolResult,
	SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { toObject, withoutUndefined } from '../shared/body-fields.ts';
import type { AnswerMetadata, StreamEncoder, WireError } from '../shared/caller-format.ts';
import { parseMessageStart, parseToolInput, toFinishReason, unfinishedAnswerError } from '../shared/neutral-form.ts';
import { fromNeutralUsage } from '../shared/neutral-usage.ts';
import { encodeForeignSignature, type ForeignReasoning } from '../shared/reasoning-seal.ts';
import { formatSse } from '../shared/sse.ts';
import { geminiFinishReasons } from './answer.ts';
import { createGeminiFields } from './request.ts';
import { encodeGeminiUsage } from './usage.ts';

/** A neutral answer as generated content. */
export function encodeGeminiAnswer(
	result: LanguageModelV4GenerateResult,
	metadata: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const encoder = new GeminiPartEncoder(metadata);
	const parts = result.content.flatMap((part) => encoder.encode(part));
	const candidate = {
		...(parts.length === 0 ? {} : { content: { parts, role: 'model' } }),
		finishReason: geminiFinishReasons.format(toFinishReason(result.finishReason), result.finishReason.raw),
		...encoder.encodeGrounding(result.providerMetadata),
		index: 0,
	};
	const body = {
		candidates: [candidate],
		usageMetadata: encodeGeminiUsage(fromNeutralUsage(result.usage)),
		modelVersion: metadata.model,
		responseId: metadata.id,
	};
	return { body, dropped: [...encoder.dropped] };
}

type Metadata = SharedV4ProviderMetadata | undefined;

/** Google's own metadata, whichever of its services answered. */
function getGoogleMetadata(metadata: Metadata): JsonObject | undefined {
	return metadata?.['google'] ?? metadata?.['googleVertex'] ?? metadata?.['vertex'];
}

function withSignature(part: JsonObject, metadata: Metadata): JsonObject {
	const signature = getGoogleMetadata(metadata)?.['thoughtSignature'];
	return typeof signature === 'string' ? { ...part, thoughtSignature: signature } : part;
}

function includesThoughts(request: JsonObject): boolean {
	const config = createGeminiFields(request).object('generationConfig')?.object('thinkingConfig');
	return config?.get('includeThoughts') === true;
}

function encodeFile({ data, mediaType }: LanguageModelV4File | LanguageModelV4ReasoningFile): JsonObject {
	if (data.type === 'url') return { fileData: { mimeType: mediaType, fileUri: data.originalUrl ?? data.url.href } };
	const base64 = typeof data.data === 'string' ? data.data : Buffer.from(data.data).toString('base64');
	return { inlineData: { mimeType: mediaType, data: base64 } };
}

/**
 * Writes the content of a neutral answer, whole or as it comes, as Gemini's parts. Thoughts are written for a caller who
 * asked for them. Reasoning that another provider signed is sealed into the signature of the call that follows it, so that
 * it comes back with the conversation.
 */
class GeminiPartEncoder {
	/** Types of content that cannot be carried. */
	readonly dropped: Set<string> = new Set();
	readonly #hasThoughts: boolean;
	readonly #isGoogle: boolean;
	readonly #sources: Extract<LanguageModelV4Source, { sourceType: 'url' }>[] = [];
	#reasoning: ForeignReasoning = { text: '', metadata: {} };
	/** Reasoning that waits for the next call. */
	#unsent: ForeignReasoning[] = [];
	#hasCall = false;

	constructor({ model, request }: AnswerMetadata) {
		this.#hasThoughts = includesThoughts(request);
		this.#isGoogle = /gemini|gemma/i.test(model);
	}

	encode(part: LanguageModelV4Content | LanguageModelV4StreamPart): JsonObject[] {
		switch (part.type) {
			case 'text':
				this.#cite(part.citations);
				return this.#encodeText(part.text, part.providerMetadata);
			case 'text-end':
				this.#cite(part.citations);
				return [];
			case 'text-delta':
				return this.#encodeText(part.delta, part.providerMetadata);
			case 'reasoning':
				return this.#encodeThought(part.text, part.providerMetadata, true);
			case 'reasoning-start':
				return this.#encodeThought('', part.providerMetadata);
			case 'reasoning-delta':
				return this.#encodeThought(part.delta, part.providerMetadata);
			case 'reasoning-end':
				return this.#encodeThought('', part.providerMetadata, true);
			case 'file':
			case 'reasoning-file':
				return this.#encodeFile(part);
			default:
				return this.#encodeOther(part);
		}
	}

	/** What an answer rests on: Google's own account of it, else the pages that were named. Nothing where there is neither. */
	encodeGrounding(metadata: Metadata): JsonObject {
		const own = getGoogleMetadata(metadata)?.['groundingMetadata'];
		if (isObject(own)) return { groundingMetadata: own };
		const chunks = this.#sources.map(({ url, title }) => ({ web: { uri: url, ...withoutUndefined({ title }) } }));
		return chunks.length === 0 ? {} : { groundingMetadata: { groundingChunks: chunks } };
	}

	#encodeOther(part: LanguageModelV4Content | LanguageModelV4StreamPart): JsonObject[] {
		switch (part.type) {
			case 'tool-call':
				return this.#encodeCall(part) ?? this.#drop(part.type);
			case 'tool-result':
				return encodeCodeResult(part) ?? this.#drop(part.type);
			case 'source':
				if (part.sourceType !== 'url') return this.#drop(part.type);
				this.#sources.push(part);
				return [];
			case 'custom':
				// the start of an Anthropic message comes as a part without content
				return 'kind' in part && parseMessageStart(part) !== null ? [] : this.#drop(part.type);
			case 'tool-approval-request':
				return this.#drop(part.type);
			default:
				// starts and ends, input that comes whole with its call, metadata; errors are reported by the stream's reader
				return [];
		}
	}

	#drop(type: string): JsonObject[] {
		this.dropped.add(type);
		return [];
	}

	/** Pages come as sources too; there is no place for a citation of anything else. */
	#cite(citations: readonly LanguageModelV4Citation[] = []): void {
		if (citations.some(({ source }) => source.sourceType !== 'url')) this.dropped.add('citations');
	}

	#encodeText(text: string, metadata: Metadata): JsonObject[] {
		const part = withSignature({ text }, metadata);
		return text === '' && part['thoughtSignature'] === undefined ? [] : [part];
	}

	#encodeThought(text: string, metadata: Metadata, isEnd = false): JsonObject[] {
		if (getGoogleMetadata(metadata) === undefined) {
			this.#reasoning = {
				text: this.#reasoning.text + text,
				metadata: { ...this.#reasoning.metadata, ...metadata },
			};
		}
		if (isEnd) {
			this.#unsent.push(this.#reasoning);
			this.#reasoning = { text: '', metadata: {} };
		}
		const part = withSignature({ text, thought: true }, metadata);
		const isEmpty = text === '' && part['thoughtSignature'] === undefined;
		return this.#hasThoughts && !isEmpty ? [part] : [];
	}

	#encodeFile(file: LanguageModelV4File | LanguageModelV4ReasoningFile): JsonObject[] {
		const isThought = file.type === 'reasoning-file';
		if (isThought && !this.#hasThoughts) return [];
		return [withSignature({ ...encodeFile(file), ...(isThought ? { thought: true } : {}) }, file.providerMetadata)];
	}

	/** A call for a tool; `null` for one that a provider other than Google ran itself. */
	#encodeCall(call: LanguageModelV4ToolCall): JsonObject[] | null {
		const args = parseToolInput(call.input);
		if (call.providerExecuted === true) {
			const isCode = call.toolName === 'code_execution' && typeof args['language'] === 'string';
			return isCode ? [{ executableCode: args }] : null;
		}
		const functionCall = { id: call.toolCallId, name: call.toolName, args };
		const part = withSignature({ functionCall }, call.providerMetadata);
		const needsSignature = !this.#isGoogle && (!this.#hasCall || this.#unsent.length > 0);
		this.#hasCall = true;
		if (part['thoughtSignature'] !== undefined || !needsSignature) return [part];
		const thoughtSignature = encodeForeignSignature(this.#unsent);
		this.#unsent = [];
		return [{ ...part, thoughtSignature }];
	}
}

/** What code that Google ran gave; `null` for the result of any other tool. */
function encodeCodeResult({ toolName, result }: LanguageModelV4ToolResult): JsonObject[] | null {
	const isCode = toolName === 'code_execution' && typeof toObject(result)['outcome'] === 'string';
	return isCode ? [{ codeExecutionResult: result }] : null;
}

type Finish = Extract<LanguageModelV4StreamPart, { type: 'finish' }>;

/** Writes a neutral stream as chunks of generated content; a call for a tool is one chunk, whole. */
export function createGeminiStreamEncoder(metadata: AnswerMetadata): StreamEncoder {
	return new GeminiStreamEncoder(metadata);
}

class GeminiStreamEncoder implements StreamEncoder {
	readonly #metadata: AnswerMetadata;
	readonly #parts: GeminiPartEncoder;

	constructor(metadata: AnswerMetadata) {
		this.#metadata = metadata;
		this.#parts = new GeminiPartEncoder(metadata);
	}

	get dropped(): readonly string[] {
		return [...this.#parts.dropped];
	}

	push(part: LanguageModelV4StreamPart): string {
		if (part.type === 'finish') return this.#finish(part);
		const parts = this.#parts.encode(part);
		return parts.length === 0 ? '' : this.#formatChunk({ content: { parts, role: 'model' } });
	}

	endEarly(...[reason, usage]: Parameters<StreamEncoder['endEarly']>): string {
		return this.#end(geminiFinishReasons.format(reason), encodeGeminiUsage(usage));
	}

	#finish({ finishReason, usage, providerMetadata }: Finish): string {
		const reason = toFinishReason(finishReason);
		// Gemini has words of its own for some broken answers; any other is an error
		if (reason === 'error' && geminiFinishReasons.parse(finishReason.raw) !== 'error')
			return encodeGeminiStreamError(unfinishedAnswerError(finishReason.raw, null));
		const word = geminiFinishReasons.format(reason, finishReason.raw);
		return this.#end(word, encodeGeminiUsage(fromNeutralUsage(usage)), this.#parts.encodeGrounding(providerMetadata));
	}

	#end(finishReason: string | null, usage: JsonObject, grounding: JsonObject = {}): string {
		const content = { parts: [{ text: '' }], role: 'model' };
		return this.#formatChunk({ content, finishReason, ...grounding }, usage);
	}

	#formatChunk(candidate: JsonObject, usageMetadata?: JsonObject): string {
		const { model: modelVersion, id: responseId } = this.#metadata;
		const candidates = [{ ...candidate, index: 0 }];
		return formatSse({ candidates, ...withoutUndefined({ usageMetadata }), modelVersion, responseId });
	}
}

/** Turns server-sent events into the list that a caller gets who did not ask for `alt=sse`. */
interface JsonArrayWriter {
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

/** Source: https://cloud.google.com/apis/design/errors#handling_errors */
const STATUSES: ReadonlyMap<number, string> = new Map([
	[401, 'UNAUTHENTICATED'],
	[402, 'FAILED_PRECONDITION'],
	[403, 'PERMISSION_DENIED'],
	[404, 'NOT_FOUND'],
	[408, 'DEADLINE_EXCEEDED'],
	[409, 'ABORTED'],
	[429, 'RESOURCE_EXHAUSTED'],
	[499, 'CANCELLED'],
	[501, 'UNIMPLEMENTED'],
	[502, 'UNAVAILABLE'],
	[503, 'UNAVAILABLE'],
	[504, 'DEADLINE_EXCEEDED'],
	[529, 'UNAVAILABLE'],
]);

/** Google's own sentence about a request that is too long, before what was said of it. */
function describeExcess({ limit, tokens }: NonNullable<WireError['excess']>, message: string): string {
	if (/input token count/i.test(message)) return message;
	const sentence =
		limit === null || tokens === null
			? 'The input token count exceeds the maximum number of tokens allowed.'
			: `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${limit}).`;
	return `${sentence}\n${message}`;
}

/**
 * The body of an error answer: Google's word for the status, this package's code as its reason. A provider's own error of
 * this form is passed on whole.
 */
export function encodeGeminiError({ body, status, message, code, excess, param }: WireError): JsonObject {
	const own = body?.['error'];
	if (body !== undefined && isObject(own) && typeof own['status'] === 'string') return body;
	const word = STATUSES.get(status) ?? (status >= 400 && status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
	const info = {
		'@type': 'type.googleapis.com/google.rpc.ErrorInfo',
		reason: code,
		domain: 'switchyard',
		...(param === undefined ? {} : { metadata: { field: param } }),
	};
	const details = code === null || code === word ? [] : [info];
	const told = excess === undefined ? message : describeExcess(excess, message);
	return { error: { code: status, message: told, status: word, ...(details.length > 0 ? { details } : {}) } };
}

/** The event that ends a stream with an error. */
export function encodeGeminiStreamError(error: WireError): string {
	return formatSse(encodeGeminiError(error));
}

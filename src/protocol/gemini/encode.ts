import type {
	LanguageModelV4Content,
	LanguageModelV4File,
	LanguageModelV4GenerateResult,
	LanguageModelV4ReasoningFile,
	LanguageModelV4Source,
	LanguageModelV4ToolCall,
	LanguageModelV4ToolResult,
	SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { AnswerMetadata } from '../shared/caller-format.ts';
import { parseToolInput, toFinishReason } from '../shared/neutral-form.ts';
import { encodeForeignSignature, type ForeignReasoning, sealMetadata } from '../shared/reasoning-seal.ts';
import { geminiFinishReasons } from './answer.ts';
import { createGeminiFields } from './request.ts';
import { encodeGeminiNeutralUsage } from './usage.ts';

/** The parts of one piece of content; `null` when it cannot be carried. */
function encodePart(part: LanguageModelV4Content, writer: PartWriter): JsonObject[] | null {
	switch (part.type) {
		case 'text':
			return writer.text(part.text, part.providerMetadata);
		case 'reasoning': {
			const parts = writer.thought(part.text, part.providerMetadata);
			writer.endThought();
			return parts;
		}
		case 'file':
		case 'reasoning-file':
			return writer.file(part);
		case 'tool-call': {
			const call = writer.call(part);
			return call === null ? null : [call];
		}
		case 'tool-result': {
			const result = writer.result(part);
			return result === null ? null : [result];
		}
		default:
			return null;
	}
}

/** A neutral answer as generated content. */
export function encodeGeminiAnswer(
	result: LanguageModelV4GenerateResult,
	facts: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const writer = new PartWriter(facts);
	const dropped = new Set<string>();
	const parts: JsonObject[] = [];
	const sources: LanguageModelV4Source[] = [];
	for (const content of result.content) {
		if (content.type === 'source' && content.sourceType === 'url') {
			sources.push(content);
			continue;
		}
		const written = encodePart(content, writer);
		if (written === null) dropped.add(content.type);
		else parts.push(...written);
	}
	const candidate = {
		...(parts.length === 0 ? {} : { content: { parts, role: 'model' } }),
		finishReason: geminiFinishReasons.format(toFinishReason(result.finishReason), result.finishReason.raw),
		...encodeGrounding(result.providerMetadata, sources),
		index: 0,
	};
	const body = {
		candidates: [candidate],
		usageMetadata: encodeGeminiNeutralUsage(result.usage),
		modelVersion: facts.model,
		responseId: facts.id,
	};
	return { body, dropped: [...dropped] };
}

type Metadata = SharedV4ProviderMetadata | undefined;

/** Google's own metadata, whichever of its services answered. */
function getGoogleMetadata(metadata: Metadata): JsonObject | undefined {
	return metadata?.['google'] ?? metadata?.['googleVertex'] ?? metadata?.['vertex'];
}

function signed(part: JsonObject, metadata: Metadata): JsonObject {
	const signature = getGoogleMetadata(metadata)?.['thoughtSignature'];
	return typeof signature === 'string' ? { ...part, thoughtSignature: signature } : part;
}

function includesThoughts(request: JsonObject): boolean {
	const config = createGeminiFields(request).object('generationConfig')?.object('thinkingConfig');
	return config?.get('includeThoughts') === true;
}

function fileOf({ data, mediaType }: LanguageModelV4File | LanguageModelV4ReasoningFile): JsonObject {
	if (data.type === 'url') return { fileData: { mimeType: mediaType, fileUri: data.originalUrl ?? data.url.href } };
	const base64 = typeof data.data === 'string' ? data.data : Buffer.from(data.data).toString('base64');
	return { inlineData: { mimeType: mediaType, data: base64 } };
}

/**
 * Writes a neutral answer's content as Gemini's parts. Thoughts are told to a caller who asked for them. Reasoning of
 * another provider that only its maker can read goes along with the call that follows it, so that it comes back.
 */
export class PartWriter {
	readonly #hasThoughts: boolean;
	readonly #isGoogle: boolean;
	#reasoning: ForeignReasoning = { text: '', metadata: {} };
	#held: ForeignReasoning[] = [];
	#hasCall = false;

	constructor({ model, request }: AnswerMetadata) {
		this.#hasThoughts = includesThoughts(request);
		this.#isGoogle = /gemini|gemma/i.test(model);
	}

	text(text: string, metadata: Metadata): JsonObject[] {
		const part = signed({ text }, metadata);
		return text === '' && part['thoughtSignature'] === undefined ? [] : [part];
	}

	thought(text: string, metadata: Metadata): JsonObject[] {
		if (getGoogleMetadata(metadata) === undefined) {
			this.#reasoning = {
				text: this.#reasoning.text + text,
				metadata: { ...this.#reasoning.metadata, ...metadata },
			};
		}
		const part = signed({ text, thought: true }, metadata);
		const isEmpty = text === '' && part['thoughtSignature'] === undefined;
		return this.#hasThoughts && !isEmpty ? [part] : [];
	}

	endThought(): void {
		if (sealMetadata(this.#reasoning.metadata) !== null) this.#held.push(this.#reasoning);
		this.#reasoning = { text: '', metadata: {} };
	}

	/** A call for a tool; `null` for one that a provider other than Google ran itself. */
	call({
		toolCallId,
		toolName,
		input,
		providerExecuted,
		providerMetadata,
	}: LanguageModelV4ToolCall): JsonObject | null {
		const args = parseToolInput(input);
		if (providerExecuted === true) {
			const isCode = toolName === 'code_execution' && typeof args['language'] === 'string';
			return isCode ? { executableCode: args } : null;
		}
		const part = signed({ functionCall: { id: toolCallId, name: toolName, args } }, providerMetadata);
		const needsSignature = !this.#isGoogle && (!this.#hasCall || this.#held.length > 0);
		this.#hasCall = true;
		if (part['thoughtSignature'] !== undefined || !needsSignature) return part;
		const thoughtSignature = encodeForeignSignature(this.#held);
		this.#held = [];
		return { ...part, thoughtSignature };
	}

	result({ toolName, result }: LanguageModelV4ToolResult): JsonObject | null {
		const isCode = toolName === 'code_execution' && isObject(result) && typeof result['outcome'] === 'string';
		return isCode ? { codeExecutionResult: result } : null;
	}

	file(file: LanguageModelV4File | LanguageModelV4ReasoningFile): JsonObject[] {
		const isThought = file.type === 'reasoning-file';
		if (isThought && !this.#hasThoughts) return [];
		return [signed({ ...fileOf(file), ...(isThought ? { thought: true } : {}) }, file.providerMetadata)];
	}
}

/** What an answer rests on: Google's own account of it, else the pages that were named. Nothing where there is neither. */
export function encodeGrounding(
	metadata: SharedV4ProviderMetadata | undefined,
	sources: readonly LanguageModelV4Source[],
): JsonObject {
	const own = getGoogleMetadata(metadata)?.['groundingMetadata'];
	if (isObject(own)) return { groundingMetadata: own };
	const pages = sources.filter((source) => source.sourceType === 'url');
	const chunks = pages.map(({ url, title }) => ({ web: { uri: url, ...(title === undefined ? {} : { title }) } }));
	return chunks.length === 0 ? {} : { groundingMetadata: { groundingChunks: chunks } };
}

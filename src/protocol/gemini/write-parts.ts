import type {
	LanguageModelV4File,
	LanguageModelV4ReasoningFile,
	LanguageModelV4ToolCall,
	LanguageModelV4ToolResult,
	SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import type { AnswerFacts } from '../shared/caller-format.ts';
import { type ForeignReasoning, signForeignReasoning } from '../shared/foreign-reasoning.ts';
import { sealMetadata } from '../shared/seal-metadata.ts';
import { readToolInput } from '../shared/tool-input.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { geminiFields } from './spellings.ts';

type Metadata = SharedV4ProviderMetadata | undefined;

/** Google's own metadata, whichever of its services answered. */
export function googleMetadata(metadata: Metadata): JsonObject | undefined {
	return metadata?.['google'] ?? metadata?.['googleVertex'] ?? metadata?.['vertex'];
}

function signed(part: JsonObject, metadata: Metadata): JsonObject {
	const signature = googleMetadata(metadata)?.['thoughtSignature'];
	return typeof signature === 'string' ? { ...part, thoughtSignature: signature } : part;
}

function includesThoughts(request: JsonObject): boolean {
	const config = geminiFields(request).object('generationConfig')?.object('thinkingConfig');
	return config?.take('includeThoughts') === true;
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

	constructor({ model, request }: AnswerFacts) {
		this.#hasThoughts = includesThoughts(request);
		this.#isGoogle = /gemini|gemma/i.test(model);
	}

	text(text: string, metadata: Metadata): JsonObject[] {
		const part = signed({ text }, metadata);
		return text === '' && part['thoughtSignature'] === undefined ? [] : [part];
	}

	thought(text: string, metadata: Metadata): JsonObject[] {
		if (googleMetadata(metadata) === undefined) {
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
		const args = readToolInput(input);
		if (providerExecuted === true) {
			const isCode = toolName === 'code_execution' && typeof args['language'] === 'string';
			return isCode ? { executableCode: args } : null;
		}
		const part = signed({ functionCall: { id: toolCallId, name: toolName, args } }, providerMetadata);
		const needsSignature = !this.#isGoogle && (!this.#hasCall || this.#held.length > 0);
		this.#hasCall = true;
		if (part['thoughtSignature'] !== undefined || !needsSignature) return part;
		const thoughtSignature = signForeignReasoning(this.#held);
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

import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { countSealedTokens, TOOL_CALL_TOKENS } from '../protocol/index.ts';
import type { OutputMeter } from './metering.ts';

/** Adds the parts of a neutral stream to a meter. */
export class PartCounter {
	readonly #meter: OutputMeter;
	/** Calls whose input came in deltas: the call itself repeats it. */
	readonly #streamedCalls = new Set<string>();
	/** Of reasoning whose signature has not come. */
	#reasoningCharacters = 0;

	constructor(meter: OutputMeter) {
		this.#meter = meter;
	}

	add(part: LanguageModelV4StreamPart): void {
		if ('delta' in part) this.#meter.add(part.delta);
		if (part.type === 'reasoning-delta') this.#reasoningCharacters += part.delta.length;
		if (part.type === 'tool-input-start') this.#addCall(part.id, part.toolName);
		else if (part.type === 'tool-call' && !this.#streamedCalls.has(part.toolCallId)) {
			this.#addCall(part.toolCallId, part.toolName);
			this.#meter.add(part.input);
		}
		if (part.type.startsWith('reasoning') && 'providerMetadata' in part) this.#addSealed(part.providerMetadata);
	}

	#addCall(id: string, name: string): void {
		this.#streamedCalls.add(id);
		this.#meter.add(name);
		this.#meter.addTokens(TOOL_CALL_TOKENS);
	}

	/** Anthropic's reasoning is told in a summary; its signature, or a redacted block, holds all of it. */
	#addSealed(metadata: SharedV4ProviderMetadata | undefined): void {
		const { redactedData, signature } = metadata?.['anthropic'] ?? {};
		const sealed = [signature, redactedData].find((text) => typeof text === 'string');
		if (typeof sealed !== 'string') return;
		this.#meter.addTokens(countSealedTokens(sealed, this.#reasoningCharacters));
		this.#reasoningCharacters = 0;
	}
}

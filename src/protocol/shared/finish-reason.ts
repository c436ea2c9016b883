import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { FinishReason } from '../../contracts/index.ts';

/** The AI SDK's finish reason in this package's words; an answer that was cut off is an error. */
export function readFinishReason({ unified }: LanguageModelV4FinishReason): FinishReason {
	return unified === 'interrupted' ? 'error' : unified;
}

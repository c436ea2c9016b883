import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FinishReason,
	LanguageModelV4StreamPart,
	SharedV4Warning,
} from '@ai-sdk/provider';
import type { FinishReason } from '../../contracts/index.ts';
import { cacheBodyOf, markPrompt } from '../../protocol/index.ts';
import type { AttemptCall } from './attempt-call.ts';

/** The neutral form's words for why a model stopped, in ours; `interrupted` is an answer that broke off. */
export const FINISH_REASON_OF: Readonly<Record<LanguageModelV4FinishReason['unified'], FinishReason>> = {
	stop: 'stop',
	length: 'length',
	'content-filter': 'content-filter',
	'tool-calls': 'tool-calls',
	error: 'error',
	interrupted: 'error',
	other: 'other',
};

const OUTPUT_PARTS: ReadonlySet<LanguageModelV4StreamPart['type']> = new Set([
	'text-delta',
	'reasoning-delta',
	'tool-input-start',
	'tool-input-delta',
	'tool-call',
	'tool-result',
	'file',
	'reasoning-file',
	'source',
]);

/** Whether a part is output: the first of them commits the answer. */
export function isOutputPart(part: LanguageModelV4StreamPart): boolean {
	if ('delta' in part) return part.delta !== '';
	return OUTPUT_PARTS.has(part.type);
}

/** Characters of output in a part, for metering. */
export function charactersOf(part: LanguageModelV4StreamPart): number {
	if ('delta' in part) return part.delta.length;
	return part.type === 'tool-call' ? part.input.length : 0;
}

/** The request as it is sent: with the output that the money allows, where it is less than what the caller does, and marks for the cache. */
export function sentOptions({
	cacheMarks,
	decoded,
	maxOutputTokens: limit,
	modelId,
}: Pick<AttemptCall, 'cacheMarks' | 'decoded' | 'maxOutputTokens' | 'modelId'>): LanguageModelV4CallOptions {
	const { options } = decoded();
	const marked = cacheMarks === undefined ? options : markPrompt(options, cacheMarks(cacheBodyOf(options, modelId)));
	return limit === undefined
		? marked
		: { ...marked, maxOutputTokens: Math.min(marked.maxOutputTokens ?? limit, limit) };
}

/** What the outbound half could not carry, by name. */
export function namesOfWarnings(warnings: readonly SharedV4Warning[]): string[] {
	return warnings.flatMap((warning) => (warning.type === 'unsupported' ? [warning.feature] : []));
}

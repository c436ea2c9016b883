import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import type { AnswerMetadata } from '../shared/caller-format.ts';
import { toFinishReason } from '../shared/neutral-form.ts';
import { getCustomToolNames } from '../shared/openai.ts';
import { fromNeutralUsage } from '../shared/usage.ts';
import { EventLog } from './items.ts';
import { beginResponse, endResponse, OutputItems } from './response.ts';

/** The parts of a stream that would bring the same content. */
function toStreamParts(content: LanguageModelV4Content, id: string): LanguageModelV4StreamPart[] {
	if (content.type === 'text') {
		const { text: delta, citations } = content;
		return [
			{ type: 'text-delta', id, delta },
			{ type: 'text-end', id, ...(citations ? { citations } : {}) },
		];
	}
	if (content.type !== 'reasoning') return [content];
	const { text: delta, providerMetadata } = content;
	return [
		{ type: 'reasoning-delta', id, delta, ...(providerMetadata ? { providerMetadata } : {}) },
		{ type: 'reasoning-end', id },
	];
}

/** A neutral answer as a response: its items are what a stream of it would end with. */
export function encodeOpenAiResponsesAnswer(
	result: LanguageModelV4GenerateResult,
	metadata: AnswerMetadata,
): { body: JsonObject; dropped: string[] } {
	const customTools = getCustomToolNames(metadata.request['tools']);
	const output = new OutputItems(new EventLog(), { idPrefix: metadata.id, customTools });
	for (const [index, content] of result.content.entries()) {
		for (const part of toStreamParts(content, String(index))) output.add(part);
	}
	const reason = toFinishReason(result.finishReason);
	output.end(reason);
	const usage = fromNeutralUsage(result.usage, null);
	const ended = endResponse(beginResponse(metadata), { output: output.json, reason, usage });
	return { body: ended, dropped: [...output.dropped] };
}

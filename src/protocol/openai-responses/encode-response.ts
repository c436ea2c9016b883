import type {
	LanguageModelV4Content,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { AnswerFacts } from '../shared/caller-format.ts';
import { customToolNames } from '../shared/custom-tools.ts';
import { readFinishReason } from '../shared/finish-reason.ts';
import { readNeutralCounts } from '../shared/neutral-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { EventLog } from './event-log.ts';
import { OutputItems } from './output-items.ts';
import { beginResponse, endResponse } from './response-object.ts';

/** A whole part as a stream would bring it. */
function partsOf(content: LanguageModelV4Content, id: string): LanguageModelV4StreamPart[] {
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
export function encodeOpenAiResponse(
	result: LanguageModelV4GenerateResult,
	facts: AnswerFacts,
): { body: JsonObject; dropped: string[] } {
	const customTools = customToolNames(facts.request['tools']);
	const output = new OutputItems(new EventLog(), { idPrefix: facts.id, customTools });
	for (const [index, content] of result.content.entries()) {
		for (const part of partsOf(content, String(index))) output.take(part);
	}
	const reason = readFinishReason(result.finishReason);
	output.end(reason);
	const usage = readNeutralCounts(result.usage, null);
	const ended = endResponse(beginResponse(facts), { output: output.json, reason, usage });
	return { body: ended, dropped: [...output.dropped] };
}

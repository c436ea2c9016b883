import { outputItem, outputText, wholeResponse } from './openai-responses-body.ts';
import type { AnswerBlock, SimulatedAnswer, TextBlock } from './simulated-answer.ts';
import type { SimulatedEvent } from './wire-format.ts';

type Unnumbered = [data: Record<string, unknown>, place: SimulatedEvent['place']];

function textEvents(block: TextBlock, item: Record<string, unknown>): Unnumbered[] {
	const at = { ...item, content_index: 0 };
	const part = outputText(block);
	const { annotations } = part;
	return [
		[{ type: 'response.content_part.added', ...at, part: { ...part, text: '', annotations: [] } }, 'frame'],
		...block.pieces.map(
			(delta): Unnumbered => [{ type: 'response.output_text.delta', ...at, delta, logprobs: [] }, 'token'],
		),
		...(Array.isArray(annotations) ? annotations : []).map(
			(annotation: unknown, index): Unnumbered => [
				{ type: 'response.output_text.annotation.added', ...at, annotation_index: index, annotation },
				'frame',
			],
		),
		[{ type: 'response.output_text.done', ...at, text: block.text, logprobs: [] }, 'frame'],
		[{ type: 'response.content_part.done', ...at, part }, 'frame'],
	];
}

function innerEvents(answer: SimulatedAnswer, block: AnswerBlock, item: Record<string, unknown>): Unnumbered[] {
	if (block.type === 'text') return textEvents(block, item);
	if (block.type === 'tool-call') {
		const type = 'response.function_call_arguments';
		return [
			...block.pieces.map((delta): Unnumbered => [{ type: `${type}.delta`, ...item, delta }, 'token']),
			[{ type: `${type}.done`, ...item, name: block.name, arguments: block.text }, 'frame'],
		];
	}
	if (answer.hidesReasoning) return [];
	const at = { ...item, summary_index: 0 };
	const part = { type: 'summary_text', text: block.text };
	return [
		[{ type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } }, 'frame'],
		...block.pieces.map(
			(delta): Unnumbered => [{ type: 'response.reasoning_summary_text.delta', ...at, delta }, 'token'],
		),
		[{ type: 'response.reasoning_summary_text.done', ...at, text: block.text }, 'frame'],
		[{ type: 'response.reasoning_summary_part.done', ...at, part }, 'frame'],
	];
}

function blockEvents(answer: SimulatedAnswer, block: AnswerBlock, index: number): Unnumbered[] {
	const begun = outputItem(answer, index, false);
	const item = { item_id: begun['id'], output_index: index };
	return [
		[{ type: 'response.output_item.added', output_index: index, item: begun }, 'frame'],
		...innerEvents(answer, block, item),
		[{ type: 'response.output_item.done', output_index: index, item: outputItem(answer, index, true) }, 'frame'],
	];
}

/** An answer as the events of OpenAI's Responses. */
export function openAiResponsesStream(answer: SimulatedAnswer): SimulatedEvent[] {
	const begun = wholeResponse(answer, false);
	const over = wholeResponse(answer, true);
	const events: Unnumbered[] = [
		[{ type: 'response.created', response: begun }, 'start'],
		[{ type: 'response.in_progress', response: begun }, 'start'],
		...answer.blocks.flatMap((block, index) => blockEvents(answer, block, index)),
		[{ type: `response.${String(over['status'])}`, response: over }, 'end'],
	];
	return events.map(([data, place], index) => ({
		event: String(data['type']),
		data: { ...data, sequence_number: index },
		place,
	}));
}

import type { SimulatedAnswer, TextBlock } from './simulated-answer.ts';
import { CREATED } from './wire-format.ts';

/** The words of an item of output. */
export function outputText(block: TextBlock): Record<string, unknown> {
	return {
		type: 'output_text',
		text: block.text,
		annotations: block.citations.map(({ url, title }) => ({
			type: 'url_citation',
			url,
			title,
			start_index: 0,
			end_index: block.text.length,
		})),
		logprobs: [],
	};
}

/** An item of output, whole or just begun. */
export function outputItem(answer: SimulatedAnswer, index: number, isWhole: boolean): Record<string, unknown> {
	const block = answer.blocks[index];
	const status = isWhole ? 'completed' : 'in_progress';
	if (block === undefined) return {};
	const id = `${answer.id}${index}`;
	if (block.type === 'reasoning') {
		return {
			id: `rs_${id}`,
			type: 'reasoning',
			summary: isWhole && !answer.hidesReasoning ? [{ type: 'summary_text', text: block.text }] : [],
			...(answer.includeEncrypted ? { encrypted_content: isWhole ? block.signature : '' } : {}),
		};
	}
	if (block.type === 'tool-call') {
		const call = { id: `fc_${id}`, type: 'function_call', status, call_id: `call_${block.id}`, name: block.name };
		return { ...call, arguments: isWhole ? block.text : '' };
	}
	return { id: `msg_${id}`, type: 'message', status, role: 'assistant', content: isWhole ? [outputText(block)] : [] };
}

const INCOMPLETE: Readonly<Record<string, string>> = {
	length: 'max_output_tokens',
	'content-filter': 'content_filter',
};

function usage(answer: SimulatedAnswer): Record<string, unknown> {
	const out = answer.outputTokens + answer.reasoningTokens;
	return {
		input_tokens: answer.inputTokens,
		input_tokens_details: { cached_tokens: answer.cachedTokens },
		output_tokens: out,
		output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
		total_tokens: answer.inputTokens + out,
	};
}

/** The response, as it is once it is over or while it is under way. */
export function wholeResponse(answer: SimulatedAnswer, isOver: boolean): Record<string, unknown> {
	const reason = INCOMPLETE[answer.finish];
	const ended = reason === undefined ? 'completed' : 'incomplete';
	return {
		id: `resp_${answer.id}`,
		object: 'response',
		created_at: CREATED,
		status: isOver ? ended : 'in_progress',
		error: null,
		incomplete_details: isOver && reason !== undefined ? { reason } : null,
		instructions: null,
		metadata: {},
		model: answer.model,
		output: isOver ? answer.blocks.map((_block, index) => outputItem(answer, index, true)) : [],
		parallel_tool_calls: true,
		temperature: 1,
		tool_choice: 'auto',
		tools: [],
		top_p: 1,
		usage: isOver ? usage(answer) : null,
	};
}

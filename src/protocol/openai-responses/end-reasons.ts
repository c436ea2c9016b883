import type { FinishReason } from '../../contracts/index.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

/** Items that the caller must answer. */
const CALLS: ReadonlySet<unknown> = new Set([
	'function_call',
	'custom_tool_call',
	'local_shell_call',
	'shell_call',
	'apply_patch_call',
	'computer_call',
	'mcp_approval_request',
]);

const INCOMPLETE: Readonly<Record<string, FinishReason>> = {
	max_output_tokens: 'length',
	content_filter: 'content-filter',
};

function incompleteReason(response: JsonObject): FinishReason {
	const details = isObject(response['incomplete_details']) ? response['incomplete_details'] : {};
	return INCOMPLETE[String(details['reason'])] ?? 'other';
}

/** True for an item that the caller must answer. */
export function isCall({ type }: JsonObject): boolean {
	return CALLS.has(type);
}

/** Why a response ended; `null` while it goes on. `calls`: calls were seen, where the response does not repeat its output. */
export function readEndReason(response: JsonObject, calls = false): FinishReason | null {
	switch (response['status']) {
		case 'completed':
			return calls || objectsIn(response['output']).some(isCall) ? 'tool-calls' : 'stop';
		case 'incomplete':
			return incompleteReason(response);
		case 'failed':
		case 'cancelled':
			return 'error';
		default:
			return null;
	}
}

/** True for an item with something in it for the caller: everything but reasoning and empty messages. */
export function isFilled(item: JsonObject): boolean {
	if (item['type'] === 'reasoning') return false;
	if (item['type'] !== 'message') return true;
	return objectsIn(item['content']).some(({ text, refusal }) => Boolean(text) || Boolean(refusal));
}

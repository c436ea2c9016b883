import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { AnswerFacts } from '../shared/caller-format.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { encodeResponsesUsage } from './encode-usage.ts';

/** Why a response is incomplete; every other reason completes it. */
const INCOMPLETE: Readonly<Partial<Record<FinishReason, string>>> = {
	length: 'max_output_tokens',
	'content-filter': 'content_filter',
};

/** Settings that an answer repeats, with what holds where the request does not say. */
const SETTINGS: JsonObject = {
	instructions: null,
	max_output_tokens: null,
	metadata: {},
	parallel_tool_calls: true,
	previous_response_id: null,
	temperature: null,
	tool_choice: 'auto',
	tools: [],
	top_p: null,
	truncation: 'disabled',
	user: null,
};

/** The response as it begins, with the settings of its request. */
export function beginResponse({ id, model, at, request }: AnswerFacts): JsonObject {
	const settings = Object.entries(SETTINGS).map(([name, otherwise]) => [name, request[name] ?? otherwise]);
	const reasoning = isObject(request['reasoning']) ? request['reasoning'] : {};
	return {
		id: id.startsWith('resp_') ? id : `resp_${id}`,
		object: 'response',
		created_at: Math.floor(at / 1000),
		status: 'in_progress',
		background: false,
		error: null,
		incomplete_details: null,
		...Object.fromEntries(settings),
		model,
		output: [],
		reasoning: { effort: null, summary: null, ...reasoning },
		store: false,
		text: { format: { type: 'text' }, ...(isObject(request['text']) ? request['text'] : {}) },
		usage: null,
	};
}

/** The response as it ended. */
export function endResponse(
	begun: JsonObject,
	{ output, reason, usage }: { output: readonly JsonObject[]; reason: FinishReason; usage: Usage },
): JsonObject {
	const incomplete = INCOMPLETE[reason];
	const ended = { ...begun, output, usage: encodeResponsesUsage(usage) };
	if (reason === 'error') {
		return {
			...ended,
			status: 'failed',
			error: { code: 'server_error', message: 'The answer could not be finished.' },
		};
	}
	if (incomplete === undefined) return { ...ended, status: 'completed', incomplete_details: null };
	return { ...ended, status: 'incomplete', incomplete_details: { reason: incomplete } };
}

/** What an item's status is when it must end with the response. */
export function statusOfOpenItem(reason: FinishReason): 'completed' | 'incomplete' {
	return INCOMPLETE[reason] === undefined ? 'completed' : 'incomplete';
}

import type { JSONValue, LanguageModelV4ToolResultOutput, LanguageModelV4ToolResultPart } from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { decodeFile } from './decode-files.ts';
import type { DecodingState } from './decode-state.ts';

function textOrJson(value: unknown, isError: boolean): LanguageModelV4ToolResultOutput {
	if (typeof value === 'string') return { type: isError ? 'error-text' : 'text', value };
	// the value came out of the body's JSON
	return { type: isError ? 'error-json' : 'json', value: value as JSONValue };
}

/** What a function returned. Google's convention: `output` holds the result, `error` what went wrong. */
function outputOf(response: JsonObject): LanguageModelV4ToolResultOutput {
	const [only, ...others] = Object.keys(response);
	if (only === undefined || others.length > 0) return textOrJson(response, false);
	if (only === 'error') return textOrJson(response[only], true);
	return textOrJson(only === 'output' || only === 'result' ? response[only] : response, false);
}

/** A `functionResponse`: the result of a call, with the files that came with it. */
export function decodeFunctionResponse(response: BodyFields, state: DecodingState): LanguageModelV4ToolResultPart {
	const toolName = response.needText('name');
	const toolCallId = state.answered(toolName, response.text('id'));
	const said = outputOf(response.object('response')?.value ?? {});
	const files = response.objects('parts').flatMap((part) => {
		const file = decodeFile(part);
		if (file === null) state.dropped.push(part.path);
		return file === null ? [] : [file];
	});
	state.dropped.push(...response.untaken());
	if (files.length === 0) return { type: 'tool-result', toolCallId, toolName, output: said };
	const value = 'value' in said ? said.value : '';
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	return {
		type: 'tool-result',
		toolCallId,
		toolName,
		output: { type: 'content', value: [{ type: 'text', text }, ...files] },
	};
}

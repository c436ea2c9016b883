import type { LanguageModelV4ToolResultOutput, LanguageModelV4ToolResultPart } from '@ai-sdk/provider';
import { type BodyFields, invalidField } from '../shared/body-fields.ts';
import { decodeDocument, decodeImage, decodeSearchResult } from './decode-media.ts';
import { anthropicOptions, cacheControlOf } from './decode-options.ts';

type Content = Extract<LanguageModelV4ToolResultOutput, { type: 'content' }>['value'];

function decodeContentBlock(block: BodyFields, dropped: string[]): Content {
	switch (block.take('type')) {
		case 'text':
			return [{ type: 'text', text: block.needText('text') }];
		case 'image':
			return [decodeImage(block, dropped)];
		case 'document': {
			const { data, ...document } = decodeDocument(block, dropped);
			return data.type === 'text' ? [{ type: 'text', text: data.text }] : [{ ...document, data }];
		}
		case 'search_result':
			return [decodeSearchResult(block, dropped)];
		case 'tool_reference': {
			const options = anthropicOptions({ type: 'tool-reference', toolName: block.needText('tool_name') });
			return [{ type: 'custom', ...options }];
		}
		default:
			dropped.push(block.path);
			return [];
	}
}

function isText(part: Content[number]): part is Extract<Content[number], { type: 'text' }> {
	return part.type === 'text';
}

function outputOf(block: BodyFields, dropped: string[]): LanguageModelV4ToolResultOutput {
	const content = block.take('content') ?? '';
	const isError = block.flag('is_error') ?? false;
	const type = isError ? 'error-text' : 'text';
	if (typeof content === 'string') return { type, value: content };
	if (!Array.isArray(content)) throw invalidField(block.at('content'), content, 'a string or a list of blocks');
	const value = block.objects('content').flatMap((inner) => decodeContentBlock(inner, dropped));
	if (value.every(isText)) return { type, value: value.map(({ text }) => text).join('\n') };
	if (isError) dropped.push(block.at('is_error'));
	return { type: 'content', value };
}

/** A `tool_result` block. `names` are the tools that calls before it named, by the call's id. */
export function decodeToolResult(
	block: BodyFields,
	names: ReadonlyMap<string, string>,
	dropped: string[],
): LanguageModelV4ToolResultPart {
	const toolCallId = block.needText('tool_use_id');
	const marked = block.take('content');
	// A mark inside the result covers as much as one on it.
	const inner = Array.isArray(marked) ? block.objects('content').map(cacheControlOf).findLast(Boolean) : undefined;
	return {
		type: 'tool-result',
		toolCallId,
		toolName: names.get(toolCallId) ?? 'unknown',
		output: outputOf(block, dropped),
		...anthropicOptions({ cacheControl: cacheControlOf(block) ?? inner }),
	};
}

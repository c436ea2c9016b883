import type { CacheMark } from '../shared/cache-mark.ts';
import { addJsonMember, editJson, type JsonPath, wrapJsonText } from '../shared/splice-json-at.ts';
import { type JsonObject, markableBlock, markableTool, objectOf } from './cache-boundaries.ts';
import { controlOf } from './place-cache-marks.ts';

/** Where a mark stands: a block or a tool, or a text that becomes a block. */
function placeOf(body: JsonObject, { boundary }: CacheMark): { path: JsonPath; isText: boolean } {
	if (boundary.at === 'tools') return { path: ['tools', markableTool(body['tools'])], isText: false };
	const messages = body['messages'];
	const message = Array.isArray(messages) ? objectOf(messages[boundary.message]) : null;
	const [path, content] =
		boundary.at === 'system'
			? [['system'], body['system']]
			: [['messages', boundary.message, 'content'], message?.['content']];
	return typeof content === 'string'
		? { path, isText: true }
		: { path: [...path, markableBlock(content)], isText: false };
}

/** The same bytes with these marks in them, and text under a mark in a block. `body` is `text` parsed. */
export function spliceCacheMarks(text: string, body: JsonObject, marks: readonly CacheMark[]): string {
	const edits = marks.map((mark) => {
		const { path, isText } = placeOf(body, mark);
		const control = JSON.stringify(controlOf(mark.life));
		return isText
			? wrapJsonText(path, '[{"type":"text","text":', `,"cache_control":${control}}]`)
			: addJsonMember(path, 'cache_control', control);
	});
	return editJson(text, edits);
}

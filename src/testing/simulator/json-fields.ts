import { isObject, type JsonObject } from '../../util/index.ts';

/** The value as an object; an empty one for everything else. */
export function toFields(value: unknown): JsonObject {
	return isObject(value) ? value : {};
}

/** The value as a list of objects; an empty one for everything else. */
export function toFieldsList(value: unknown): JsonObject[] {
	return Array.isArray(value) ? value.map(toFields) : [];
}

/** The parts of a message's content; text alone is one part. */
export function listParts(content: unknown): JsonObject[] {
	return typeof content === 'string' ? [{ type: 'text', text: content }] : toFieldsList(content);
}

/** The text of parts, a line each. */
export function joinPartText(parts: readonly JsonObject[]): string {
	return parts
		.map(({ text }) => toText(text))
		.filter(Boolean)
		.join('\n');
}

/** The value as text; empty for everything else. */
export function toText(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

/** The value as a number; `null` for everything else. */
export function toNumber(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Text, or a list of texts, as a list. */
export function toStrings(value: unknown): string[] {
	const list: unknown[] = Array.isArray(value) ? value : [value];
	return list.filter((item): item is string => typeof item === 'string');
}

/** Decoded bytes of base64 text. */
export function countBase64Bytes(text: string): number {
	return Buffer.from(text, 'base64').length;
}

/** The media type and size of a `data:` URL, or the URL of something elsewhere. */
export function parseAttachmentUrl(url: string): { mediaType: string | null; content: number | string } {
	const data = /^data:([^;,]*)(?:;[^,]*)?,(.*)$/s.exec(url);
	return data === null
		? { mediaType: null, content: url }
		: { mediaType: data[1] ?? null, content: countBase64Bytes(data[2] ?? '') };
}

const FIELDS_WITH_TEXT = [
	'system',
	'systemInstruction',
	'instructions',
	'messages',
	'contents',
	'input',
	'content',
	'parts',
	'text',
];

/** All text of a request body, whatever its format. */
export function collectText(value: unknown, depth = 0): string {
	if (typeof value === 'string') return value;
	if (depth > 6 || typeof value !== 'object' || value === null) return '';
	const inner: unknown[] = Array.isArray(value) ? value : FIELDS_WITH_TEXT.map((field) => Reflect.get(value, field));
	return inner
		.map((part) => collectText(part, depth + 1))
		.filter(Boolean)
		.join('\n');
}

import type { ModelProfile } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { boundMediaTokens, type MediaPart } from './media-tokens.ts';

/** How many input tokens a request can be billed for, whatever its text is made of. */
export interface InputBound {
	/** Most input tokens that the model's provider can count. */
	tokens(profile: ModelProfile): number;
}

/** What a bound is made from. */
export interface InputBoundSource {
	/** The request as JSON: a body in any provider's format, a prompt in the neutral form, or a text. */
	input: unknown;
	/** Text that is sent beside it. */
	context?: string | undefined;
	/** Bytes of the body that `input` was parsed from: a bound on its text that needs no look at it. @default counted */
	bodyBytes?: number | undefined;
}

/** Tokens that a provider adds at most: its chat template by request, message and tool, and a system prompt for tools. */
const ADDED_TOKENS = { request: 64, message: 16, tool: 64, toolUse: 1024 };

/** Most tokens of one image, whoever makes the model: gpt-4o-mini counts 2,833 and 5,667 for each of up to 8 tiles. */
const IMAGE_TOKENS = 48_169;

/** A request as far as its bound needs it. */
interface ReadRequest {
	/** Bytes of what is read as text. */
	textBytes: number;
	messages: number;
	tools: number;
	media: readonly MediaPart[];
	/** A part of the prompt lies with the provider: an earlier answer, a template, a cache. */
	isHeldByProvider: boolean;
}

/** Members by which a request names what its provider keeps. */
const HELD_BY_PROVIDER = ['previous_response_id', 'conversation', 'prompt', 'cachedContent', 'cached_content'];

function countMembers(value: unknown): number {
	return Array.isArray(value) ? value.length : 0;
}

function readRequest({ input, context, bodyBytes }: InputBoundSource): ReadRequest {
	const media: MediaPart[] = [];
	let bytes = bodyBytes ?? 0;
	const addText = (text: string): void => {
		// one more for what separates it from the next
		bytes += countBytes(text) + 1;
	};
	if (context !== undefined) addText(context);
	visitInput(input, {
		onMedia: (part) => {
			media.push(part);
			if (bodyBytes !== undefined && typeof part.data === 'string') bytes -= part.data.length;
		},
		...(bodyBytes === undefined && { onText: addText }),
	});
	const body = isObject(input) ? input : {};
	const tools = countMembers(body['tools']);
	const messages = countMembers(body['messages'] ?? body['contents'] ?? body['input']);
	const isHeldByProvider = HELD_BY_PROVIDER.some((name) => body[name] !== undefined && body[name] !== null);
	return { textBytes: bytes, messages, tools, media, isHeldByProvider };
}

function boundTokens(read: ReadRequest, { contextWindow }: ModelProfile): number {
	const { media, messages, tools } = read;
	const toolUse = tools > 0 ? ADDED_TOKENS.toolUse : 0;
	const added = ADDED_TOKENS.request + messages * ADDED_TOKENS.message + tools * ADDED_TOKENS.tool + toolUse;
	let unread = read.isHeldByProvider ? contextWindow : 0;
	for (const part of media) unread += boundMediaTokens(part, { imageTokens: IMAGE_TOKENS }) ?? contextWindow;
	// all that is not text is limited by the window together; a text longer than that is the provider's to refuse
	return read.textBytes + added + Math.min(unread, contextWindow);
}

/**
 * A bound on the input tokens of a request: its bytes, for no tokenizer makes more tokens than bytes, what its media
 * can take, and what providers add. Nothing is read before it is asked for, and then once.
 */
export function createInputBound(source: InputBoundSource): InputBound {
	let read: ReadRequest | null = null;
	return {
		tokens(profile) {
			read ??= readRequest(source);
			return boundTokens(read, profile);
		},
	};
}

/** Receives what a request consists of. */
interface InputVisitor {
	/** Texts, names of members, and numbers as they are written. Left out, texts are skipped, and JSON of the caller's own with them. */
	onText?: (text: string) => void;
	onMedia(part: MediaPart): void;
}

/** Members that hold JSON of the caller's own, where a name says nothing of media. */
const FREE_JSON: ReadonlySet<string> = new Set([
	'args',
	'arguments',
	'input_schema',
	'inputSchema',
	'parameters',
	'parametersJsonSchema',
	'properties',
	'response',
	'response_format',
	'responseFormat',
	'responseJsonSchema',
	'responseSchema',
	'schema',
	'tools',
]);

/** A tool call's input is an object; the items of a Responses request are a list under the same name. */
function isFreeJson(name: string, value: unknown): boolean {
	return FREE_JSON.has(name) || (name === 'input' && isObject(value));
}

const DATA_URL = /^data:([^;,]*)[^,]{0,200},/i;

function createMedia(kind: MediaPart['kind'], data: unknown, mediaType: unknown): MediaPart {
	const type = typeof mediaType === 'string' ? mediaType.toLowerCase() : '';
	const isContent = typeof data === 'string' || data instanceof Uint8Array;
	return { kind: getKind(type) ?? kind, data: isContent ? data : null, mediaType: type };
}

function getKind(mediaType: string): MediaPart['kind'] | null {
	const [first] = mediaType.split('/', 1);
	if (first === 'image' || first === 'audio' || first === 'video') return first;
	return mediaType === '' ? null : 'document';
}

/** What stands behind an address: its content for `data:`, nothing that can be read for all others. */
function readAddress(kind: MediaPart['kind'], url: unknown): MediaPart {
	const head = typeof url === 'string' ? DATA_URL.exec(url.slice(0, 512)) : null;
	if (head === null || typeof url !== 'string') return createMedia(kind, null, '');
	return createMedia(kind, url.slice(head[0].length), head[1]);
}

type MediaReader = (value: unknown, part: JsonObject) => MediaPart | null;

function readUrlMember(kind: MediaPart['kind']): MediaReader {
	return (value) => (value === null ? null : readAddress(kind, isObject(value) ? value['url'] : value));
}

const readInlineData: MediaReader = (value) =>
	isObject(value) ? createMedia('document', value['data'], value['mimeType'] ?? value['mime_type']) : null;

/** OpenAI's `file_data` is the content, Gemini's an address; `file_url` and `file_id` are kept by the provider. */
const readFile: MediaReader = (value) => {
	if (isObject(value)) return createMedia('document', null, value['mimeType'] ?? value['mime_type']);
	if (typeof value !== 'string') return null;
	return value.startsWith('data:') ? readAddress('document', value) : createMedia('document', value, '');
};

/** An image of an `input_image` may be named by its id. */
const readReference: MediaReader = (value, part) =>
	typeof value === 'string' ? createMedia(part['type'] === 'input_image' ? 'image' : 'document', null, '') : null;

const SOURCES: ReadonlySet<unknown> = new Set(['base64', 'url', 'file']);

/** Anthropic's images and documents; a source of text is read as text. */
const readSource: MediaReader = (value, part) => {
	if (!(isObject(value) && SOURCES.has(value['type']))) return null;
	return createMedia(part['type'] === 'image' ? 'image' : 'document', value['data'], value['media_type']);
};

/** Members by which a part says that it is no text, in all formats. */
const MEDIA_MEMBERS: ReadonlyArray<readonly [name: string, read: MediaReader]> = [
	['source', readSource],
	['image_url', readUrlMember('image')],
	['inlineData', readInlineData],
	['inline_data', readInlineData],
	['fileData', readFile],
	['file_data', readFile],
	['file_id', readReference],
	['file_url', readReference],
	['video_url', readUrlMember('video')],
	['audio_url', readUrlMember('audio')],
	[
		'input_audio',
		(value) => (isObject(value) ? createMedia('audio', value['data'], `audio/${value['format']}`) : null),
	],
	// an earlier spoken answer, by its id
	['audio', (value) => (isObject(value) && value['id'] !== undefined ? createMedia('audio', null, '') : null)],
];

/** A file in the neutral form: a URL, a reference, base64 or the bytes themselves. */
function readNeutralFile(part: JsonObject): MediaPart | null {
	const { mediaType, type } = part;
	if (typeof mediaType !== 'string' || (type !== 'file' && type !== 'reasoning-file')) return null;
	const { data } = part;
	const content = isObject(data) && 'data' in data ? data['data'] : data;
	return createMedia('document', content, mediaType);
}

function findMedia(part: JsonObject): [name: string, media: MediaPart] | null {
	const file = readNeutralFile(part);
	if (file !== null) return ['data', file];
	for (const [name, read] of MEDIA_MEMBERS) {
		const value = part[name];
		const media = value === undefined ? null : read(value, part);
		if (media !== null) return [name, media];
	}
	return null;
}

/** Visits all of a request, or a part of it, once; never recursive, so that no nesting is too deep. */
function visitInput(root: unknown, visitor: InputVisitor): void {
	const waiting: unknown[] = [];
	const free: unknown[] = [];
	visitMember(root, '', visitor, { waiting, free });
	while (waiting.length > 0) {
		const value = waiting.pop();
		const media = isObject(value) ? findMedia(value) : null;
		if (media !== null) visitor.onMedia(media[1]);
		visitMembers(value, visitor, { waiting, free }, media?.[0]);
	}
	while (free.length > 0) visitMembers(free.pop(), visitor, { waiting: free, free });
}

/** Objects and lists that are visited later. */
interface VisitQueue {
	waiting: unknown[];
	/** JSON of the caller's own. */
	free: unknown[];
}

function visitMembers(value: unknown, visitor: InputVisitor, queue: VisitQueue, omitted?: string): void {
	if (Array.isArray(value)) for (const member of value) visitMember(member, '', visitor, queue);
	else if (isObject(value))
		for (const name of Object.keys(value)) {
			visitor.onText?.(name);
			if (name !== omitted) visitMember(value[name], name, visitor, queue);
		}
}

function visitMember(value: unknown, name: string, { onText }: InputVisitor, { waiting, free }: VisitQueue): void {
	if (typeof value !== 'object' || value === null) onText?.(String(value));
	else if (!isFreeJson(name, value)) waiting.push(value);
	else if (onText !== undefined) free.push(value);
}

const BEYOND_ASCII = /[^\0-\x7f]/;

/** Bytes of a text in UTF-8. */
function countBytes(text: string): number {
	if (!BEYOND_ASCII.test(text)) return text.length;
	let bytes = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		// a half of a surrogate pair is half of four bytes; alone it becomes U+FFFD, three bytes
		bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
	}
	return bytes;
}

import type { ModelProfile, RequestCharges, ServiceTier } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { isItemReference } from '../shared/body-fields.ts';
import type { CacheTtl } from '../shared/caller-format.ts';
import { boundMediaTokens, type MediaPart } from './media-tokens.ts';
import { readServerTools, SERVER_MEMBERS, type ServerTools } from './server-tools.ts';
import {
	AGENT_MODELS,
	ANTHROPIC,
	BEFORE_O200K,
	GOOGLE,
	GPT_4O_MINI_IMAGE,
	OPENAI,
	OTHER,
	type TokenRates,
} from './token-rates.ts';

/** How many input tokens a request can be billed for, whatever its text is made of. */
export interface InputBound {
	/** Most input tokens that the model's provider can count; found without a look at the text where the body's size is known. */
	tokens(profile: ModelProfile): number;
	/** A closer bound: `countTokens` counts texts by OpenAI's `o200k_base`. Never more than `tokens`. */
	countTokens(profile: ModelProfile, countTokens: TextTokenCounter): Promise<number>;
	/** What may be billed beside these tokens. */
	readonly charges: RequestCharges;
}

/** What a bound is made from. */
export interface InputBoundSource {
	/** The request as JSON: a body in any provider's format, a prompt in the neutral form, or a text. */
	input: unknown;
	/** Text that is sent beside it. */
	context?: string | undefined;
	/** Bytes of the body that `input` was parsed from: a bound on its text that needs no look at it. @default counted */
	bodyBytes?: number | undefined;
	/** Breakpoints of the provider's prompt cache are set where the request has none. @default true */
	mayPlanCache?: boolean | undefined;
	/** Tokens of the context window where the request asks for a larger one than the model's own. @default 0 */
	contextWindow?: number | undefined;
}

/** Members by which a request offers tools, or asks its provider to search or to think several times. */
const TOOL_MEMBERS = ['tools', 'reasoning', ...SERVER_MEMBERS];

/** Members by which a request names what its provider keeps. */
const HELD_BY_PROVIDER = ['previous_response_id', 'conversation', 'prompt', 'cachedContent', 'cached_content'];
/** Members that prescribe the form of an answer; Gemini and Anthropic have theirs deeper. */
const RESPONSE_FORMAT = [
	'response_format',
	'responseFormat',
	'output_config',
	'output_format',
	'text',
	'generationConfig',
];

function hasAny(body: JsonObject, names: readonly string[]): boolean {
	return names.some((name) => body[name] !== undefined && body[name] !== null);
}

function isHeldByProvider(body: JsonObject): boolean {
	const { input } = body;
	return hasAny(body, HELD_BY_PROVIDER) || (Array.isArray(input) && input.some(isItemReference));
}

function countMembers(value: unknown): number {
	return Array.isArray(value) ? value.length : 0;
}

/** What is known of the provider of a model; of an unknown one the most of all. */
export function getTokenRates({ provider, modelId }: Pick<ModelProfile, 'provider' | 'modelId'>): TokenRates {
	if (provider === 'anthropic') return ANTHROPIC;
	if (provider === 'google') return GOOGLE;
	const rates = provider === 'openai' && !BEFORE_O200K.test(modelId) ? OPENAI : OTHER;
	return modelId.includes('gpt-4o-mini') ? { ...rates, image: GPT_4O_MINI_IMAGE } : rates;
}

/** A request as far as its bound needs it. */
interface ReadRequest {
	/** Bytes of what is read as text. */
	textBytes: number;
	media: readonly MediaPart[];
	/** The longest life of what it writes to a prompt cache; `null` where it says nothing of it. */
	cacheTtl: CacheTtl | null;
	/** `null` without tools. */
	serverTools: ServerTools | null;
}

function readRequest({ bodyBytes, context, input }: InputBoundSource): ReadRequest {
	const media: MediaPart[] = [];
	let cacheTtl: CacheTtl | null = null;
	let textBytes = bodyBytes ?? 0;
	const addText = (text: string): void => {
		// one more for what separates it from the next
		textBytes += countBytes(text) + 1;
	};
	const onObject = ({ cache_control: control }: JsonObject): void => {
		if (isObject(control) && cacheTtl !== '1h') cacheTtl = control['ttl'] === '1h' ? '1h' : '5m';
	};
	if (context !== undefined) addText(context);
	visitInput(input, {
		onMedia: (part) => {
			media.push(part);
			if (bodyBytes !== undefined && typeof part.data === 'string') textBytes -= part.data.length;
		},
		onObject,
		...(bodyBytes === undefined && { onText: addText }),
	});
	const serverTools = isObject(input) && hasAny(input, TOOL_MEMBERS) ? readServerTools(input) : null;
	for (const tool of isObject(input) && Array.isArray(input['tools']) ? input['tools'] : [])
		if (isObject(tool)) onObject(tool);
	return { textBytes, media, cacheTtl, serverTools };
}

/** Services by what a request asks for; where it leaves the choice to its provider, or says nothing, priority may be billed. */
const SERVICE_TIERS: ReadonlyMap<unknown, readonly ServiceTier[]> = new Map([
	['default', ['standard']],
	['standard', ['standard']],
	['standard_only', ['standard']],
	['flex', ['standard', 'flex']],
]);
const ANY_SERVICE: readonly ServiceTier[] = ['standard', 'priority'];

function readCharges({ input, mayPlanCache = true }: InputBoundSource, read: ReadRequest): RequestCharges {
	// whoever executes a text says all the rest
	if (!isObject(input)) return {};
	return {
		serviceTiers: SERVICE_TIERS.get(input['service_tier'] ?? input['serviceTier']) ?? ANY_SERVICE,
		mayCacheForHour: read.cacheTtl === '1h' || (read.cacheTtl === null && mayPlanCache),
		serverToolUses: read.serverTools?.uses ?? 0,
	};
}

/** What the provider adds to a request. */
function countAdded(input: unknown, { serverTools }: ReadRequest, rates: TokenRates): number {
	if (!isObject(input)) return rates.request;
	const tools = countMembers(input['tools']);
	const messages = countMembers(input['messages'] ?? input['contents'] ?? input['input']);
	const forTools = tools * rates.tool + rates.toolUse + (serverTools?.ownTools ?? 0) * rates.ownTool;
	return (
		rates.request +
		messages * rates.message +
		(tools > 0 ? forTools : 0) +
		(hasAny(input, RESPONSE_FORMAT) ? rates.responseFormat : 0)
	);
}

/** The tokens of a request whose texts take so many: with what is no text, what the provider adds and what it reads again. */
function boundTokens(
	texts: number,
	read: ReadRequest,
	{ input, ...source }: InputBoundSource,
	profile: ModelProfile,
	isClose: boolean,
): number {
	const rates = getTokenRates(profile);
	const window = Math.max(profile.contextWindow, source.contextWindow ?? 0);
	const uses = read.serverTools?.uses ?? 0;
	// each pass is limited by the window; without a limit of uses two passes stand for all
	if (uses > 0) return Math.max(texts, window) + window * (Number.isFinite(uses) ? uses : 1);
	const isUnknown = (isObject(input) && isHeldByProvider(input)) || AGENT_MODELS.test(profile.modelId);
	let unread = isUnknown ? window : 0;
	for (const part of read.media) unread += boundMediaTokens(part, rates.image, isClose) ?? window;
	// all that is not text is limited by the window together; a text longer than that is the provider's to refuse
	return texts + Math.min(unread, window) + countAdded(input, read, rates);
}

/** The texts of a request as they come again in the next one: by message, by tool, and by what else it says. */
function listTexts({ context = '', input }: InputBoundSource): string[] {
	const listed: string[] = [];
	const list = (name: string, value: unknown): void => {
		const texts: string[] = [];
		const visitor = { onMedia() {}, onText: (text: string) => texts.push(text) };
		if (isFreeJson(name, value)) visitFreeJson(value, visitor);
		else visitInput(value, visitor);
		if (texts.length > 0) listed.push(texts.join('\n'));
	};
	const members = isObject(input) ? Object.entries(input) : [['', input] as const];
	// what is the same in every turn comes first, so that it is counted in the same groups
	const rank = ([name, value]: readonly [string, unknown]) => (Array.isArray(value) ? (name === 'tools' ? 1 : 2) : 0);
	members.sort((one, other) => rank(one) - rank(other));
	for (const [name, value] of members)
		if (Array.isArray(value)) for (const member of value) list(name, member);
		else list(name, value);
	return [...listed, Object.keys(isObject(input) ? input : {}).join('\n'), context];
}

/**
 * A bound on the input tokens of a request: its bytes, for no tokenizer makes more tokens than bytes, what its media
 * can take, and what providers add. Nothing is read before it is asked for, and then once.
 */
export function createInputBound(source: InputBoundSource): InputBound {
	return new RequestBound(source);
}

/** As `createInputBound` says. A class: a getter in a literal would keep each request alive until the next full collection. */
class RequestBound implements InputBound {
	readonly #source: InputBoundSource;
	#read: ReadRequest | null = null;

	constructor(source: InputBoundSource) {
		this.#source = source;
	}

	#get(): ReadRequest {
		this.#read ??= readRequest(this.#source);
		return this.#read;
	}

	tokens(profile: ModelProfile): number {
		const read = this.#get();
		return boundTokens(read.textBytes, read, this.#source, profile, false);
	}

	async countTokens(profile: ModelProfile, countTokens: TextTokenCounter): Promise<number> {
		const counted = boundTextTokens(await countTokens(listTexts(this.#source)), getTokenRates(profile));
		const read = this.#get();
		return boundTokens(Math.min(read.textBytes, counted), read, this.#source, profile, true);
	}

	get charges(): RequestCharges {
		return readCharges(this.#source, this.#get());
	}
}

/** Receives what a request consists of. */
interface InputVisitor {
	/** Texts, names of members, and numbers as they are written. Left out, texts are skipped, and JSON of the caller's own with them. */
	onText?: (text: string) => void;
	onMedia(part: MediaPart): void;
	/** Called with every object that is not the caller's own JSON. */
	onObject?: (value: JsonObject) => void;
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
	'response_json_schema',
	'response_schema',
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
	['document_url', readUrlMember('document')],
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

/** All that a part holds beside text: which of several a provider reads is not known. Answers their names. */
function visitMedia(part: JsonObject, { onMedia }: InputVisitor): readonly string[] {
	const file = readNeutralFile(part);
	if (file !== null) onMedia(file);
	const names = file === null ? [] : ['data'];
	for (const [name, read] of MEDIA_MEMBERS) {
		const value = part[name];
		const media = value === undefined ? null : read(value, part);
		if (media === null) continue;
		onMedia(media);
		names.push(name);
	}
	return names;
}

/** Visits all of a request, or a part of it, once; never recursive, so that no nesting is too deep. */
function visitInput(root: unknown, visitor: InputVisitor): void {
	const queue: VisitQueue = { waiting: [], free: [] };
	visitMember(root, '', visitor, queue);
	while (queue.waiting.length > 0) {
		const value = queue.waiting.pop();
		const omitted = isObject(value) ? visitMedia(value, visitor) : [];
		if (isObject(value)) visitor.onObject?.(value);
		visitMembers(value, visitor, queue, omitted);
	}
	for (const value of queue.free) visitFreeJson(value, visitor);
}

function visitFreeJson(root: unknown, visitor: InputVisitor): void {
	const waiting: unknown[] = [];
	visitMember(root, '', visitor, { waiting, free: waiting });
	while (waiting.length > 0) visitMembers(waiting.pop(), visitor, { waiting, free: waiting });
}

/** Objects and lists that are visited later. */
interface VisitQueue {
	waiting: unknown[];
	/** JSON of the caller's own. */
	free: unknown[];
}

function visitMembers(value: unknown, visitor: InputVisitor, queue: VisitQueue, omitted: readonly string[] = []): void {
	if (Array.isArray(value)) for (const member of value) visitMember(member, '', visitor, queue);
	else if (isObject(value))
		for (const name of Object.keys(value)) {
			visitor.onText?.(name);
			if (!omitted.includes(name)) visitMember(value[name], name, visitor, queue);
		}
}

function visitMember(value: unknown, name: string, { onText }: InputVisitor, { waiting, free }: VisitQueue): void {
	if (typeof value !== 'object' || value === null) onText?.(String(value));
	else if (!isFreeJson(name, value)) waiting.push(value);
	else if (onText !== undefined) free.push(value);
}

/** What a tokenizer counts of texts. */
export interface TextCount {
	/** By OpenAI's `o200k_base`. */
	tokens: number;
	/** Those of their ASCII alone. */
	asciiTokens: number;
	asciiCharacters: number;
	/** Bytes of all other characters, in UTF-8. */
	otherBytes: number;
}

/** Counts texts, all together. A text may be counted in parts, as that makes no fewer tokens of it. */
export type TextTokenCounter = (texts: readonly string[]) => Promise<TextCount>;

/** Most tokens that a provider counts for texts, by what `o200k_base` counts for them. */
function boundTextTokens(count: TextCount, { longestToken, perCounted }: TokenRates): number {
	const { asciiCharacters, asciiTokens, otherBytes, tokens } = count;
	if (longestToken === null) return Math.ceil(tokens * perCounted);
	// How well another tokenizer knows a script is not known: there a byte can be a token. Nor are its longest tokens.
	const ascii = Math.max(asciiTokens * perCounted, asciiCharacters / longestToken);
	return Math.ceil(Math.min(asciiCharacters, ascii)) + otherBytes;
}

const BEYOND_ASCII = /[^\0-\x7f]/;

/** Bytes of a text in UTF-8. */
export function countBytes(text: string): number {
	if (!BEYOND_ASCII.test(text)) return text.length;
	let bytes = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		// half of a surrogate pair counts three of its four bytes; alone it becomes U+FFFD, which has three
		bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
	}
	return bytes;
}

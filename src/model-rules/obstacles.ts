import type { WireFormatName } from '../contracts/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import type { ModelRules } from './model-rules.ts';

/** What a request has in it that some models refuse, and that cannot be said in another way. */
export interface RequestFeatures {
	/** It ends with the beginning of the answer, to be continued. */
	endsWithAnswer: boolean;
	toolCount: number;
	/** Media types of the pictures in it. */
	imageTypes: ReadonlySet<string>;
	/** Kinds of its other files: what is read or refused as one. */
	fileKinds: ReadonlySet<FileKind>;
	/** The format in which it has tools that take free text; `null` for none. Other formats get them as functions. */
	customTools: WireFormatName | null;
}

type FileKind = 'audio' | 'video' | 'documents';
type Company = 'anthropic' | 'openai' | 'google';

/** As many tools as OpenAI takes. Source: https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools (2026-11-28) */
const MAX_OPENAI_TOOLS = 128;

/**
 * Pictures that each company's models read. Sources, read 2026-11-28: https://platform.claude.com/docs/en/build-with-claude/vision,
 * https://platform.openai.com/docs/guides/images-vision and https://ai.google.dev/gemini-api/docs/image-understanding.
 */
export const IMAGE_TYPES: Readonly<Record<Company, readonly string[]>> = {
	anthropic: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
	openai: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
	google: ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif'],
};

/**
 * Files that each company's models read; OpenAI's audio models are named in its rules. Sources, read 2026-11-28:
 * https://platform.claude.com/docs/en/build-with-claude/pdf-support, https://platform.openai.com/docs/guides/pdf-files and
 * https://ai.google.dev/gemini-api/docs/files.
 */
export const FILE_KINDS: Readonly<Record<Company, readonly FileKind[]>> = {
	anthropic: ['documents'],
	openai: ['documents'],
	google: ['documents', 'audio', 'video'],
};

/** Members in which content stands: parts of a message, what a tool returned, its files. */
const NESTS = ['content', 'parts', 'output', 'functionResponse', 'function_response'] as const;

/** Depth to which content is searched for pictures: a result of a tool within a message within a conversation. */
const MAX_DEPTH = 6;

/** What of a request may keep a model from serving it; `null` for most. `hasImages`: it has pictures in it. */
export function readFeatures(format: WireFormatName, body: JsonObject, hasImages: boolean): RequestFeatures | null {
	const turns = body[format === 'gemini' ? 'contents' : format === 'openai-responses' ? 'input' : 'messages'];
	const last: unknown = Array.isArray(turns) ? turns.at(-1) : undefined;
	const role = isObject(last) ? last['role'] : undefined;
	const imageTypes = new Set<string>();
	if (hasImages) collectImageTypes(turns, imageTypes, 0);
	const fileKinds = new Set<FileKind>();
	collectFileKinds(turns, fileKinds, 0);
	const tools: readonly unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
	const isOpenAi = format === 'openai-chat' || format === 'openai-responses';
	const hasCustomTools = isOpenAi && tools.some((tool) => isObject(tool) && tool['type'] === 'custom');
	const features = {
		endsWithAnswer: role === 'assistant' || role === 'model',
		toolCount: tools.length,
		imageTypes,
		fileKinds,
		customTools: hasCustomTools ? format : null,
	};
	const isPlain = !features.endsWithAnswer && features.toolCount <= MAX_OPENAI_TOOLS && !hasCustomTools;
	return isPlain && imageTypes.size === 0 && fileKinds.size === 0 ? null : features;
}

/** Looks at the parts of messages alone, not at all of a long body. */
function collectFileKinds(value: unknown, found: Set<FileKind>, depth: number): void {
	if (depth > MAX_DEPTH) return;
	if (Array.isArray(value)) for (const member of value) collectFileKinds(member, found, depth + 1);
	if (!isObject(value)) return;
	const kind = readFileKind(value);
	if (kind !== null) found.add(kind);
	for (const name of NESTS) if (typeof value[name] === 'object') collectFileKinds(value[name], found, depth + 1);
}

/** The kind of file that a part of any format is; `null` for any other part. */
function readFileKind(part: JsonObject): FileKind | null {
	if (part['type'] === 'input_audio') return 'audio';
	if (part['type'] === 'document' || part['type'] === 'file' || part['type'] === 'input_file') return 'documents';
	const file = part['inlineData'] ?? part['inline_data'] ?? part['fileData'] ?? part['file_data'];
	const mediaType = isObject(file) ? String(file['mimeType'] ?? file['mime_type']) : '';
	const [kind] = mediaType.split('/');
	return kind === 'audio' || kind === 'video' ? kind : mediaType === 'application/pdf' ? 'documents' : null;
}

function collectImageTypes(value: unknown, found: Set<string>, depth: number): void {
	if (depth > MAX_DEPTH) return;
	if (Array.isArray(value)) for (const member of value) collectImageTypes(member, found, depth + 1);
	if (!isObject(value)) return;
	for (const [name, member] of Object.entries(value)) {
		const type = typeof member === 'string' ? readMediaType(name, member) : undefined;
		if (type?.startsWith('image/')) found.add(type.toLowerCase());
		collectImageTypes(member, found, depth + 1);
	}
}

/** The media type that a member names, or that its `data:` address does. */
function readMediaType(name: string, member: string): string | undefined {
	const isType = name === 'media_type' || name === 'mimeType' || name === 'mime_type';
	return isType ? member : /^data:(image\/[\w.+-]+)[;,]/.exec(member.slice(0, 60))?.[1];
}

/**
 * Why a model cannot serve a request without losing what it means, as the rest of a sentence about it; `null`: it can.
 * `sent`: the format in which it is called.
 */
export function getObstacle(features: RequestFeatures, rules: ModelRules, sent: WireFormatName): string | null {
	if (rules.family === 'unknown') return null;
	if (rules.family === 'anthropic' && features.endsWithAnswer && !rules.prefill)
		return 'does not continue an answer that has been begun';
	if (rules.family === 'openai' && features.toolCount > MAX_OPENAI_TOOLS)
		return `takes ${MAX_OPENAI_TOOLS} tools at most, the request has ${features.toolCount}`;
	if (rules.family === 'openai' && features.customTools === sent && !rules.customTools)
		return 'takes no tools of free text';
	const hasAudio = rules.family === 'openai' && rules.audio && sent === 'openai-chat';
	const kinds = FILE_KINDS[rules.family];
	for (const kind of features.fileKinds)
		if (!kinds.includes(kind) && !(kind === 'audio' && hasAudio)) return `does not read ${kind}`;
	const readable = IMAGE_TYPES[rules.family];
	const unreadable = [...features.imageTypes].find((type) => !readable.includes(type));
	return unreadable === undefined ? null : `does not read pictures of the type ${unreadable.slice(0, 40)}`;
}

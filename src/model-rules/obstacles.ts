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
}

/** As many tools as OpenAI takes. Source: https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools (2026-11-28) */
const MAX_OPENAI_TOOLS = 128;

/**
 * Pictures that each company's models read. Sources, read 2026-11-28: https://platform.claude.com/docs/en/build-with-claude/vision,
 * https://platform.openai.com/docs/guides/images-vision and https://ai.google.dev/gemini-api/docs/image-understanding.
 */
const IMAGE_TYPES: Readonly<Record<'anthropic' | 'openai' | 'google', readonly string[]>> = {
	anthropic: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
	openai: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
	google: ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif'],
};

/** Depth to which content is searched for pictures: a result of a tool within a message within a conversation. */
const MAX_DEPTH = 6;

/** What of a request may keep a model from serving it; `null` for most. `hasImages`: it has pictures in it. */
export function readFeatures(format: WireFormatName, body: JsonObject, hasImages: boolean): RequestFeatures | null {
	const turns = body[format === 'gemini' ? 'contents' : format === 'openai-responses' ? 'input' : 'messages'];
	const last: unknown = Array.isArray(turns) ? turns.at(-1) : undefined;
	const role = isObject(last) ? last['role'] : undefined;
	const imageTypes = new Set<string>();
	if (hasImages) collectImageTypes(turns, imageTypes, 0);
	const tools = body['tools'];
	const features = {
		endsWithAnswer: role === 'assistant' || role === 'model',
		toolCount: Array.isArray(tools) ? tools.length : 0,
		imageTypes,
	};
	const isPlain = !features.endsWithAnswer && features.toolCount <= MAX_OPENAI_TOOLS && imageTypes.size === 0;
	return isPlain ? null : features;
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

/** Why a model cannot serve a request without losing what it means, as the rest of a sentence about it; `null`: it can. */
export function getObstacle(features: RequestFeatures, rules: ModelRules): string | null {
	if (rules.family === 'unknown') return null;
	if (rules.family === 'anthropic' && features.endsWithAnswer && !rules.prefill)
		return 'does not continue an answer that has been begun';
	if (rules.family === 'openai' && features.toolCount > MAX_OPENAI_TOOLS)
		return `takes ${MAX_OPENAI_TOOLS} tools at most, the request has ${features.toolCount}`;
	const readable = IMAGE_TYPES[rules.family];
	const unreadable = [...features.imageTypes].find((type) => !readable.includes(type));
	return unreadable === undefined ? null : `does not read pictures of the type ${unreadable.slice(0, 40)}`;
}

import type { WireFormatName } from '../../contracts/index.ts';
import { FILE_KINDS, IMAGE_TYPES, type ModelRules } from '../../model-rules/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { parseAttachmentUrl, toFields, toFieldsList, toText } from './json-fields.ts';

type Company = keyof typeof IMAGE_TYPES;

/** Types of the parts of content that each format has; others are refused as unknown. Gemini's parts have none. */
const PART_TYPES: Readonly<Record<Exclude<WireFormatName, 'gemini'>, RegExp>> = {
	'anthropic-messages':
		/^(?:text|image|document|search_result|thinking|redacted_thinking|compaction|container_upload|tool_reference|(?:\w+_)?tool_(?:use|result))$/,
	'openai-chat': /^(?:text|image_url|input_audio|file|refusal)$/,
	'openai-responses': /^(?:input_text|input_image|input_file|output_text|refusal|summary_text|reasoning_text)$/,
};

/** Whether a company's models read a file, by its media type; `null`: what stands behind an address is not known. */
function isRead(company: Company, mediaType: string | null, readsAudio: boolean): boolean {
	if (mediaType === null || mediaType.startsWith('text/')) return true;
	if (mediaType.startsWith('image/')) return IMAGE_TYPES[company].includes(mediaType);
	if (mediaType.startsWith('audio/')) return readsAudio;
	if (mediaType.startsWith('video/')) return FILE_KINDS[company].includes('video');
	return mediaType === 'application/pdf' && FILE_KINDS[company].includes('documents');
}

/** The media type of a part that is a file; `undefined` for any other part. */
function readMediaType(part: JsonObject): string | null | undefined {
	switch (part['type']) {
		case 'image':
		case 'document': {
			const { media_type: mediaType, type } = toFields(part['source']);
			return type === 'base64' ? toText(mediaType) : null;
		}
		case 'image_url':
			return parseAttachmentUrl(toText(toFields(part['image_url'])['url'])).mediaType;
		case 'input_image':
			return parseAttachmentUrl(toText(part['image_url'])).mediaType;
		case 'input_audio':
			return `audio/${toText(toFields(part['input_audio'])['format'])}`;
		case 'input_file':
			return parseAttachmentUrl(toText(part['file_data'])).mediaType;
		case 'file':
			return parseAttachmentUrl(toText(toFields(part['file'])['file_data'])).mediaType;
		default: {
			const file = part['inlineData'] ?? part['inline_data'] ?? part['fileData'] ?? part['file_data'];
			const { mimeType, mime_type: snake } = toFields(file);
			return file === undefined ? undefined : toText(mimeType ?? snake);
		}
	}
}

/** Members in which the parts of a message, or of a tool's result, stand. */
const NESTS = ['content', 'parts', 'output'] as const;

/** The parts of a turn, those within results of tools too; what a tool of the provider's own returned is its own. */
function listTurnParts(turn: JsonObject): JsonObject[] {
	// items of kinds of their own (another agent's message) have parts of their own
	if (!/^(?:message|function_call_output|custom_tool_call_output|tool_result|)$/.test(toText(turn['type']))) return [];
	const inner = NESTS.flatMap((name) => toFieldsList(turn[name]));
	const response = toFields(turn['functionResponse'] ?? turn['function_response']);
	return [...inner, ...toFieldsList(response['parts'])].flatMap((part) => [part, ...listTurnParts(part)]);
}

/** Why a provider refuses what a conversation has in it beside text, in its own words; `null`: it does not. */
export function findMediaRefusal(format: WireFormatName, body: JsonObject, rules: ModelRules): string | null {
	if (rules.family === 'unknown') return null;
	const turns = toFieldsList(body['messages'] ?? body['input'] ?? body['contents']);
	const readsAudio =
		rules.family === 'google' || (rules.family === 'openai' && rules.audio && format === 'openai-chat');
	for (const part of turns.flatMap(listTurnParts)) {
		const type = toText(part['type']);
		if (format !== 'gemini' && type !== '' && !PART_TYPES[format].test(type)) return `Invalid value: '${type}'.`;
		const mediaType = readMediaType(part);
		if (mediaType !== undefined && !isRead(rules.family, mediaType, readsAudio))
			return `Unsupported file: ${mediaType} is not supported with this model.`;
	}
	return null;
}

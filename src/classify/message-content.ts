import type { Conversation, ConversationMessage } from '../contracts/index.ts';

/** Parts of one message that are looked at. */
const MOST_PARTS = 64;

/** True for an object with string keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The messages, whichever provider's name they have; anything malformed is left out. */
export function messagesOf(conversation: Conversation): readonly ConversationMessage[] {
	const messages = conversation.messages ?? conversation.contents;
	return Array.isArray(messages) ? messages : [];
}

/** A message's parts: OpenAI and Anthropic say `content`, Gemini says `parts`. */
export function partsOf(message: ConversationMessage): readonly unknown[] {
	if (!isRecord(message)) return typeof message === 'string' ? [message] : [];
	const content = message.content ?? message.parts;
	if (Array.isArray(content)) return content.length <= MOST_PARTS ? content : content.slice(-MOST_PARTS);
	return content === undefined || content === null ? [] : [content];
}

/** The text a person may have written in a part; `null` for tool results, images and files. */
export function personText(part: unknown): string | null {
	if (typeof part === 'string') return part;
	if (!isRecord(part)) return null;
	const kind = part['type'];
	if (kind !== undefined && kind !== 'text' && kind !== 'input_text') return null;
	return typeof part['text'] === 'string' ? part['text'] : null;
}

/** True for a part that is a picture, in any of the three formats. */
export function isImagePart(part: unknown): boolean {
	if (!isRecord(part)) return false;
	const kind = part['type'];
	if (kind === 'image' || kind === 'image_url' || kind === 'input_image') return true;
	const data = part['inlineData'] ?? part['inline_data'] ?? part['fileData'] ?? part['file_data'];
	if (!isRecord(data)) return false;
	const mime = data['mimeType'] ?? data['mime_type'];
	return typeof mime === 'string' && mime.startsWith('image/');
}

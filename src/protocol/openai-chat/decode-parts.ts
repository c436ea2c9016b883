import type { LanguageModelV4FilePart, LanguageModelV4TextPart, SharedV4ProviderOptions } from '@ai-sdk/provider';
import { type NeutralFile, readFileUrl } from '../shared/read-file-url.ts';
import { nameAt, objectAt, objectsAt, optional, textAt } from '../shared/request-fields.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

const AUDIO_TYPES: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', wav: 'audio/wav' };

type Part = LanguageModelV4TextPart | LanguageModelV4FilePart;

/** A cache mark that stands on a part, as OpenAI-compatible clients write it for Anthropic's models. */
function cacheMarkOf(part: JsonObject): { providerOptions?: SharedV4ProviderOptions } {
	const mark = part['cache_control'];
	if (!isObject(mark) || typeof mark['type'] !== 'string') return {};
	const ttl = typeof mark['ttl'] === 'string' ? { ttl: mark['ttl'] } : {};
	return { providerOptions: { anthropic: { cacheControl: { type: mark['type'], ...ttl } } } };
}

function imageOf(part: JsonObject, path: string): Part {
	const image = objectAt(part['image_url'], `${path}.image_url`);
	const file = readFileUrl(nameAt(image['url'], `${path}.image_url.url`), 'image', `${path}.image_url.url`);
	const detail = optional(image['detail'], `${path}.image_url.detail`, textAt);
	return {
		type: 'file',
		...file,
		...(detail === undefined ? {} : { providerOptions: { openai: { imageDetail: detail } } }),
	};
}

function audioOf(part: JsonObject, path: string): Part {
	const audio = objectAt(part['input_audio'], `${path}.input_audio`);
	const format = textAt(audio['format'], `${path}.input_audio.format`);
	const data = textAt(audio['data'], `${path}.input_audio.data`);
	return { type: 'file', mediaType: AUDIO_TYPES[format] ?? `audio/${format}`, data: { type: 'data', data } };
}

function fileDataOf(file: JsonObject, path: string): NeutralFile {
	const id = optional(file['file_id'], `${path}.file_id`, nameAt);
	if (id !== undefined) return { data: { type: 'reference', reference: { openai: id } }, mediaType: 'application/pdf' };
	const data = nameAt(file['file_data'], `${path}.file_data`);
	if (data.startsWith('data:')) return readFileUrl(data, 'application/pdf', `${path}.file_data`);
	return { data: { type: 'data', data }, mediaType: 'application/pdf' };
}

function fileOf(part: JsonObject, path: string): Part {
	const file = objectAt(part['file'], `${path}.file`);
	const filename = optional(file['filename'], `${path}.file.filename`, textAt);
	return { type: 'file', ...fileDataOf(file, `${path}.file`), ...(filename === undefined ? {} : { filename }) };
}

const READERS: Readonly<Record<string, (part: JsonObject, path: string) => Part>> = {
	text: (part, path) => ({ type: 'text', text: textAt(part['text'], `${path}.text`) }),
	image_url: imageOf,
	input_audio: audioOf,
	file: fileOf,
};

/** A user message's content; parts the neutral form does not know are added to `dropped`. */
export function decodeUserContent(content: unknown, path: string, dropped: string[]): Part[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }];
	return objectsAt(content, path).flatMap((part, index) => {
		const at = `${path}[${index}]`;
		const read = READERS[String(part['type'])];
		if (read === undefined) {
			dropped.push(at);
			return [];
		}
		const decoded = read(part, at);
		const mark = cacheMarkOf(part).providerOptions;
		return [mark === undefined ? decoded : { ...decoded, providerOptions: { ...decoded.providerOptions, ...mark } }];
	});
}

/** The texts of a content that holds text only, with their cache marks; other parts are added to `dropped`. */
export function decodeTexts(content: unknown, path: string, dropped: string[]): LanguageModelV4TextPart[] {
	if (content === undefined || content === null || content === '') return [];
	if (typeof content === 'string') return [{ type: 'text', text: content }];
	return objectsAt(content, path).flatMap((part, index): LanguageModelV4TextPart[] => {
		const at = `${path}[${index}]`;
		if (part['type'] === 'text')
			return [{ type: 'text', text: textAt(part['text'], `${at}.text`), ...cacheMarkOf(part) }];
		dropped.push(at);
		return [];
	});
}

import type {
	LanguageModelV4FilePart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolResultOutput,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { type NeutralFile, readFileUrl } from '../shared/read-file-url.ts';
import { nameAt, objectsAt, optional, textAt } from '../shared/request-fields.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

type Part = LanguageModelV4TextPart | LanguageModelV4FilePart;

function heldFile(part: JsonObject, path: string, mediaType: string): NeutralFile | null {
	const id = optional(part['file_id'], `${path}.file_id`, nameAt);
	return id === undefined ? null : { data: { type: 'reference', reference: { openai: id } }, mediaType };
}

function imageOf(part: JsonObject, path: string): Part {
	const at = `${path}.image_url`;
	const file = heldFile(part, path, 'image') ?? readFileUrl(nameAt(part['image_url'], at), 'image', at);
	const detail = optional(part['detail'], `${path}.detail`, textAt);
	const providerOptions: SharedV4ProviderOptions = detail === undefined ? {} : { openai: { imageDetail: detail } };
	return { type: 'file', ...file, ...(detail === undefined ? {} : { providerOptions }) };
}

function fileDataOf(part: JsonObject, path: string): NeutralFile {
	const url = optional(part['file_url'], `${path}.file_url`, nameAt);
	if (url !== undefined) return readFileUrl(url, 'application/pdf', `${path}.file_url`);
	const data = nameAt(part['file_data'], `${path}.file_data`);
	if (data.startsWith('data:')) return readFileUrl(data, 'application/pdf', `${path}.file_data`);
	return { data: { type: 'data', data }, mediaType: 'application/pdf' };
}

function fileOf(part: JsonObject, path: string): Part {
	const filename = optional(part['filename'], `${path}.filename`, textAt);
	const file = heldFile(part, path, 'application/pdf') ?? fileDataOf(part, path);
	return { type: 'file', ...file, ...(filename === undefined ? {} : { filename }) };
}

function textOf(part: JsonObject, path: string): Part {
	return { type: 'text', text: textAt(part['text'], `${path}.text`) };
}

const READERS: Readonly<Record<string, (part: JsonObject, path: string) => Part>> = {
	input_text: textOf,
	output_text: textOf,
	text: textOf,
	refusal: (part, path) => ({ type: 'text', text: textAt(part['refusal'], `${path}.refusal`) }),
	input_image: imageOf,
	input_file: fileOf,
};

/** The content of a message or of a tool's output; parts the neutral form does not know are added to `dropped`. */
export function decodeContent(content: unknown, path: string, dropped: string[]): Part[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }];
	return objectsAt(content, path).flatMap((part, index) => {
		const at = `${path}[${index}]`;
		const read = READERS[String(part['type'])];
		if (read !== undefined) return [read(part, at)];
		dropped.push(at);
		return [];
	});
}

/** The texts of a content that holds text only; other parts are added to `dropped`. */
export function decodeTexts(content: unknown, path: string, dropped: string[]): LanguageModelV4TextPart[] {
	return decodeContent(content, path, dropped).flatMap((part) => {
		if (part.type === 'text') return [part];
		dropped.push(path);
		return [];
	});
}

/** What a tool answered. */
export function decodeToolOutput(output: unknown, path: string, dropped: string[]): LanguageModelV4ToolResultOutput {
	if (typeof output === 'string') return { type: 'text', value: output };
	const parts = decodeContent(output, path, dropped);
	const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
	return texts.length === parts.length ? { type: 'text', value: texts.join('') } : { type: 'content', value: parts };
}

import type {
	LanguageModelV4FilePart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolResultOutput,
} from '@ai-sdk/provider';
import { EMPTY_MESSAGE } from '../../contracts/index.ts';
import type { Family } from './target.ts';

type Content = Extract<LanguageModelV4ToolResultOutput, { type: 'content' }>;
type ContentPart = Content['value'][number];

/** A tool's output as its reader takes it, and the files that must follow as a user's. */
interface FittedOutput {
	output: LanguageModelV4ToolResultOutput;
	files: LanguageModelV4FilePart[];
}

function isImage(mediaType: string): boolean {
	return mediaType.startsWith('image');
}

/** Whether a result may hold the file. Gemini before 3 has no place for files in one, and Chat Completions never has. */
function takesFile({ data, mediaType }: LanguageModelV4FilePart, family: Family, modelId: string): boolean {
	if (data.type === 'text') return false;
	switch (family) {
		case 'anthropic':
			return isImage(mediaType) || mediaType === 'application/pdf';
		case 'openai':
			return true;
		case 'google':
			return data.type === 'data' && !/gemini-(?:[12][.-]|pro|flash)/.test(modelId);
		case 'bedrock':
			return data.type === 'data' && isImage(mediaType);
		default:
			return false;
	}
}

/** A user's file for a provider: the two of OpenAI's formats have no files of text, and get its words. */
export function fitUserFile(
	part: LanguageModelV4FilePart,
	family: Family,
): LanguageModelV4FilePart | LanguageModelV4TextPart {
	const text = family === 'openai' || family === 'chat' ? toText(part) : null;
	if (text === null) return part;
	return { type: 'text', text: part.filename === undefined ? text : `${part.filename}:\n${text}` };
}

/** The text of a part that is text; `null` for a file of bytes. */
function toText(part: ContentPart): string | null {
	if (part.type === 'text') return part.text;
	if (part.type === 'custom') {
		const name = part.providerOptions?.['anthropic']?.['toolName'];
		return typeof name === 'string' ? `Tool: ${name}` : '';
	}
	if (part.data.type === 'text') return part.data.text;
	const { data } = part.data.type === 'data' ? part.data : { data: null };
	if (data === null || !part.mediaType.startsWith('text/')) return null;
	return Buffer.from(typeof data === 'string' ? data : Buffer.from(data).toString('base64'), 'base64').toString('utf8');
}

/**
 * The output of a tool for a provider. Pictures and files stay in it where they may; else its texts stay, and the files go
 * to the user's message that follows, which every provider reads.
 */
export function fitToolOutput(
	output: LanguageModelV4ToolResultOutput,
	{ family, modelId }: { family: Family; modelId: string },
): FittedOutput {
	if (output.type !== 'content') return { output: family === 'bedrock' ? withText(output) : output, files: [] };
	const files: LanguageModelV4FilePart[] = [];
	const value = output.value.flatMap((part): ContentPart[] => {
		const isReference = part.type === 'custom' && family === 'anthropic';
		const isHeld = part.type === 'file' && takesFile(part, family, modelId);
		if (part.type === 'text' || isReference || isHeld) return [part];
		const text = toText(part);
		if (text !== null) return text === '' ? [] : [{ type: 'text', text }];
		// what is no text is a file
		if (part.type === 'file') files.push(part);
		return [];
	});
	const texts = value.flatMap((part) => (part.type === 'text' ? [part.text] : []));
	if (texts.length < value.length)
		return { output: { type: 'content', value: family === 'bedrock' ? value.filter(isSaying) : value }, files };
	if (texts.length === 0 && files.length > 0) texts.push('The result is the file in the message after this one.');
	const joined = { type: 'text' as const, value: texts.join('\n') };
	return { output: family === 'bedrock' ? withText(joined) : joined, files };
}

function isSaying(part: ContentPart): boolean {
	return part.type !== 'text' || part.text.trim() !== '';
}

/** Converse refuses a result of white space alone. */
function withText(output: LanguageModelV4ToolResultOutput): LanguageModelV4ToolResultOutput {
	const isText = output.type === 'text' || output.type === 'error-text';
	return isText && output.value.trim() === '' ? { ...output, value: EMPTY_MESSAGE } : output;
}

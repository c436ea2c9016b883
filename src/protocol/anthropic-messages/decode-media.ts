import type { LanguageModelV4FilePart, LanguageModelV4TextPart, SharedV4FileData } from '@ai-sdk/provider';
import { type BodyFields, invalidField } from '../shared/body-fields.ts';
import { mediaTypeOfUrl, readUrl } from '../shared/media-url.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { anthropicOptions, cacheControlOf } from './decode-options.ts';

interface Source {
	data: SharedV4FileData;
	mediaType: string;
}

/** A document made of blocks: its texts; pictures among them are lost. */
function readContentSource(source: BodyFields, dropped: string[]): Source {
	const content = source.take('content');
	if (typeof content === 'string') return { data: { type: 'text', text: content }, mediaType: 'text/plain' };
	const blocks = objectsIn(content);
	if (blocks.some(({ type }) => type !== 'text')) dropped.push(source.at('content'));
	const text = blocks.flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : [])).join('\n');
	return { data: { type: 'text', text }, mediaType: 'text/plain' };
}

/** The bytes or the place of a picture or document. */
function readSource(source: BodyFields, kind: 'image' | 'application', dropped: string[]): Source {
	const usual = kind === 'image' ? 'image/*' : 'application/pdf';
	const type = source.text('type');
	switch (type) {
		case 'base64':
			return {
				data: { type: 'data', data: source.needText('data') },
				mediaType: source.text('media_type') ?? usual,
			};
		case 'text':
			return { data: { type: 'text', text: source.needText('data') }, mediaType: 'text/plain' };
		case 'url': {
			const url = readUrl(source.needText('url'), source.at('url'));
			return { data: { type: 'url', url }, mediaType: kind === 'image' ? mediaTypeOfUrl(url, usual) : usual };
		}
		case 'file':
			return { data: { type: 'reference', reference: { anthropic: source.needText('file_id') } }, mediaType: usual };
		case 'content':
			return readContentSource(source, dropped);
		default:
			throw invalidField(source.at('type'), type, '"base64", "text", "url", "file" or "content"');
	}
}

function needSource(block: BodyFields): BodyFields {
	const source = block.object('source');
	if (source === undefined) throw invalidField(block.at('source'), undefined, 'an object');
	return source;
}

/** An `image` block. */
export function decodeImage(block: BodyFields, dropped: string[]): LanguageModelV4FilePart {
	const source = readSource(needSource(block), 'image', dropped);
	return { type: 'file', ...source, ...anthropicOptions({ cacheControl: cacheControlOf(block) }) };
}

/** A `document` block: PDF or text, with its title and whether it may be cited. */
export function decodeDocument(block: BodyFields, dropped: string[]): LanguageModelV4FilePart {
	const source = readSource(needSource(block), 'application', dropped);
	const title = block.text('title');
	return {
		type: 'file',
		...source,
		...(title === undefined ? {} : { filename: title }),
		...anthropicOptions({
			cacheControl: cacheControlOf(block),
			citations: block.object('citations')?.value,
			title,
			context: block.text('context'),
		}),
	};
}

/** A `search_result` block as text: its address and title above what was found. */
export function decodeSearchResult(block: BodyFields, dropped: string[]): LanguageModelV4TextPart {
	const texts = block.objects('content').map((part) => part.text('text') ?? '');
	const text = [block.text('title'), block.text('source'), ...texts].filter((line) => line !== undefined).join('\n');
	// it can no longer be cited
	if (block.take('citations') !== undefined) dropped.push(block.at('citations'));
	return { type: 'text', text, ...anthropicOptions({ cacheControl: cacheControlOf(block) }) };
}

import type { LanguageModelV4FilePart, LanguageModelV4TextPart, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { type BodyFields, objectsIn, withoutUndefined } from '../shared/body-fields.ts';
import { guessMediaType, type NeutralFile, readUrl } from '../shared/media.ts';
import { providerOptionsFor } from '../shared/neutral-form.ts';

/** The options with which Anthropic's provider writes a part again as it stood, its cache breakpoint among them. */
export function toAnthropicOptions(
	fields: BodyFields,
	options: JsonObject = {},
): { providerOptions?: SharedV4ProviderOptions } {
	return providerOptionsFor('anthropic', { cacheControl: fields.object('cache_control')?.value, ...options });
}

function toTextFile(text: string): NeutralFile {
	return { data: { type: 'text', text }, mediaType: 'text/plain' };
}

/** A document made of blocks: its texts; pictures among them are lost. */
function readContentSource(source: BodyFields, dropped: string[]): NeutralFile {
	const content = source.get('content');
	if (typeof content === 'string') return toTextFile(content);
	const blocks = objectsIn(content);
	if (blocks.some(({ type }) => type !== 'text')) dropped.push(source.pathOf('content'));
	return toTextFile(blocks.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n'));
}

/** The bytes or the address of a picture or document. */
function readSource(block: BodyFields, usualType: 'image/*' | 'application/pdf', dropped: string[]): NeutralFile {
	const source = block.requireObject('source');
	switch (source.string('type')) {
		case 'base64':
			return {
				data: { type: 'data', data: source.requireString('data') },
				mediaType: source.string('media_type') ?? usualType,
			};
		case 'text':
			return toTextFile(source.requireString('data'));
		case 'url': {
			const url = readUrl(source, 'url');
			const mediaType = usualType === 'image/*' ? guessMediaType(url, usualType) : usualType;
			return { data: { type: 'url', url }, mediaType };
		}
		case 'file': {
			const reference = { anthropic: source.requireString('file_id') };
			return { data: { type: 'reference', reference }, mediaType: usualType };
		}
		case 'content':
			return readContentSource(source, dropped);
		default:
			throw source.invalid('type', '"base64", "text", "url", "file" or "content"');
	}
}

/** An `image` block. */
export function decodeImage(block: BodyFields, dropped: string[]): LanguageModelV4FilePart {
	return { type: 'file', ...readSource(block, 'image/*', dropped), ...toAnthropicOptions(block) };
}

/** A `document` block: PDF or text, with its title and whether it may be cited. */
export function decodeDocument(block: BodyFields, dropped: string[]): LanguageModelV4FilePart {
	const title = block.string('title');
	const citations = block.object('citations')?.value;
	return {
		type: 'file',
		...readSource(block, 'application/pdf', dropped),
		...withoutUndefined({ filename: title }),
		...toAnthropicOptions(block, { citations, title, context: block.string('context') }),
	};
}

/** A `search_result` block as text: its title and address above what was found. */
export function decodeSearchResult(block: BodyFields, dropped: string[]): LanguageModelV4TextPart {
	const texts = block.objects('content').map((part) => part.string('text') ?? '');
	const lines = [block.string('title'), block.string('source'), ...texts].filter((line) => line !== undefined);
	// it can no longer be cited
	if (block.get('citations') !== undefined) dropped.push(block.pathOf('citations'));
	return { type: 'text', text: lines.join('\n'), ...toAnthropicOptions(block) };
}

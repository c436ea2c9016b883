import type {
	LanguageModelV4FilePart,
	LanguageModelV4TextPart,
	SharedV4FileData,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyFields, invalidField } from '../shared/body-fields.ts';
import { guessMediaType, parseUrl } from '../shared/media.ts';
import { objectsIn } from '../shared/usage.ts';

interface Source {
	data: SharedV4FileData;
	mediaType: string;
}

/** A document made of blocks: its texts; pictures among them are lost. */
function readContentSource(source: BodyFields, dropped: string[]): Source {
	const content = source.get('content');
	if (typeof content === 'string') return { data: { type: 'text', text: content }, mediaType: 'text/plain' };
	const blocks = objectsIn(content);
	if (blocks.some(({ type }) => type !== 'text')) dropped.push(source.pathOf('content'));
	const text = blocks.flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : [])).join('\n');
	return { data: { type: 'text', text }, mediaType: 'text/plain' };
}

/** The bytes or the place of a picture or document. */
function readSource(source: BodyFields, kind: 'image' | 'application', dropped: string[]): Source {
	const usual = kind === 'image' ? 'image/*' : 'application/pdf';
	const type = source.string('type');
	switch (type) {
		case 'base64':
			return {
				data: { type: 'data', data: source.requireString('data') },
				mediaType: source.string('media_type') ?? usual,
			};
		case 'text':
			return { data: { type: 'text', text: source.requireString('data') }, mediaType: 'text/plain' };
		case 'url': {
			const url = parseUrl(source.requireString('url'), source.pathOf('url'));
			return { data: { type: 'url', url }, mediaType: kind === 'image' ? guessMediaType(url, usual) : usual };
		}
		case 'file':
			return {
				data: { type: 'reference', reference: { anthropic: source.requireString('file_id') } },
				mediaType: usual,
			};
		case 'content':
			return readContentSource(source, dropped);
		default:
			throw invalidField(source.pathOf('type'), type, '"base64", "text", "url", "file" or "content"');
	}
}

function needSource(block: BodyFields): BodyFields {
	const source = block.object('source');
	if (source === undefined) throw invalidField(block.pathOf('source'), undefined, 'an object');
	return source;
}

/** An `image` block. */
export function decodeImage(block: BodyFields, dropped: string[]): LanguageModelV4FilePart {
	const source = readSource(needSource(block), 'image', dropped);
	return { type: 'file', ...source, ...toAnthropicOptions({ cacheControl: getCacheControl(block) }) };
}

/** A `document` block: PDF or text, with its title and whether it may be cited. */
export function decodeDocument(block: BodyFields, dropped: string[]): LanguageModelV4FilePart {
	const source = readSource(needSource(block), 'application', dropped);
	const title = block.string('title');
	return {
		type: 'file',
		...source,
		...(title === undefined ? {} : { filename: title }),
		...toAnthropicOptions({
			cacheControl: getCacheControl(block),
			citations: block.object('citations')?.value,
			title,
			context: block.string('context'),
		}),
	};
}

/** A `search_result` block as text: its address and title above what was found. */
export function decodeSearchResult(block: BodyFields, dropped: string[]): LanguageModelV4TextPart {
	const texts = block.objects('content').map((part) => part.string('text') ?? '');
	const text = [block.string('title'), block.string('source'), ...texts]
		.filter((line) => line !== undefined)
		.join('\n');
	// it can no longer be cited
	if (block.get('citations') !== undefined) dropped.push(block.pathOf('citations'));
	return { type: 'text', text, ...toAnthropicOptions({ cacheControl: getCacheControl(block) }) };
}

type AnthropicOptions = SharedV4ProviderOptions[string];

/** Provider options for Anthropic; nothing where there are none. */
export function toAnthropicOptions(options: Readonly<Record<string, unknown>>): {
	providerOptions?: SharedV4ProviderOptions;
} {
	const said = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
	// everything in a body came out of JSON
	return said.length === 0 ? {} : { providerOptions: { anthropic: Object.fromEntries(said) as AnthropicOptions } };
}

/** The cache mark of a block, a tool or the request. */
export function getCacheControl(fields: BodyFields): JsonObject | undefined {
	return fields.object('cache_control')?.value;
}

/** A tool's caller as the AI SDK keeps it. */
export function getToolCaller(fields: BodyFields): JsonObject | undefined {
	const caller = fields.get('caller');
	if (!isObject(caller)) return undefined;
	return { type: caller['type'], ...(caller['tool_id'] === undefined ? {} : { toolId: caller['tool_id'] }) };
}

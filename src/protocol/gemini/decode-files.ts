import type { LanguageModelV4FilePart } from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import { mediaTypeOfUrl, readUrl } from '../shared/media-url.ts';
import { googleOptions } from './decode-options.ts';

/** A part's file: its bytes or its place; `null` for a part without one. */
export function decodeFile(part: BodyFields): LanguageModelV4FilePart | null {
	const options = googleOptions({
		thoughtSignature: part.text('thoughtSignature'),
		videoMetadata: part.object('videoMetadata')?.value,
	});
	const inline = part.object('inlineData');
	if (inline !== undefined) {
		const name = inline.text('displayName');
		return {
			type: 'file',
			mediaType: inline.needText('mimeType'),
			data: { type: 'data', data: inline.needText('data') },
			...(name === undefined ? {} : { filename: name }),
			...options,
		};
	}
	const file = part.object('fileData');
	if (file === undefined) return null;
	const uri = file.needText('fileUri');
	const url = readUrl(uri, file.at('fileUri'));
	return {
		type: 'file',
		mediaType: file.text('mimeType') ?? mediaTypeOfUrl(url, 'application/octet-stream'),
		data: { type: 'url', url, ...(url.href === uri ? {} : { originalUrl: uri }) },
		...options,
	};
}

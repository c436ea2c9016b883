import type { LanguageModelV4Citation, LanguageModelV4Source } from '@ai-sdk/provider';
import type { JsonObject } from './usage-fields.ts';

type WebSource = Extract<LanguageModelV4Source, { sourceType: 'url' }>;

/** A web source that supports text from `start` to `end`. */
export interface UrlCitation extends JsonObject {
	url: string;
	title: string;
	start_index: number;
	end_index: number;
}

/** A source of the whole text. */
export function citationOfSource({ url, title }: WebSource, textLength: number): UrlCitation {
	return { url, title: title ?? url, start_index: 0, end_index: textLength };
}

/** Citations of a text as OpenAI's APIs say them; those of documents, which they cannot say, are added to `dropped`. */
export function citationsOf(
	citations: readonly LanguageModelV4Citation[] | undefined,
	textLength: number,
	dropped: Set<string>,
): UrlCitation[] {
	return (citations ?? []).flatMap(({ source, startIndex, endIndex }) => {
		if (source.sourceType === 'url') {
			const whole = citationOfSource(source, textLength);
			return [{ ...whole, start_index: startIndex ?? 0, end_index: endIndex ?? textLength }];
		}
		dropped.add('citations');
		return [];
	});
}

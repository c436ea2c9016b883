import type { LanguageModelV4Source, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { googleMetadata } from './write-parts.ts';

/** What an answer rests on: Google's own account of it, else the pages that were named. Nothing where there is neither. */
export function groundingOf(
	metadata: SharedV4ProviderMetadata | undefined,
	sources: readonly LanguageModelV4Source[],
): JsonObject {
	const own = googleMetadata(metadata)?.['groundingMetadata'];
	if (isObject(own)) return { groundingMetadata: own };
	const pages = sources.filter((source) => source.sourceType === 'url');
	const chunks = pages.map(({ url, title }) => ({ web: { uri: url, ...(title === undefined ? {} : { title }) } }));
	return chunks.length === 0 ? {} : { groundingMetadata: { groundingChunks: chunks } };
}

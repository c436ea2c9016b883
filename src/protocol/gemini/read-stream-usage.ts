import { createStreamUsageReader, objectsIn, type StreamUsageReader } from '../shared/stream-usage.ts';
import { isObject } from '../shared/usage-fields.ts';
import { groundingSearches, readGeminiUsage } from './read-usage.ts';

/** Usage of a stream of generated content: `usageMetadata` of every chunk, cumulative. Source: https://ai.google.dev/api/generate-content */
export function createGeminiUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		usageOf({ usageMetadata, candidates }) {
			if (!isObject(usageMetadata)) return null;
			const searches = groundingSearches(candidates);
			return searches === 0 ? usageMetadata : { ...usageMetadata, searches };
		},
		outputOf({ candidates }) {
			const contents = objectsIn(candidates).map(({ content }) => (isObject(content) ? content : {}));
			const parts = contents.flatMap((content) => objectsIn(content['parts']));
			return parts.map((part) =>
				isObject(part['functionCall']) ? JSON.stringify(part['functionCall']) : part['text'],
			);
		},
		// a number, put there by usageOf
		read: ({ searches, ...usage }) => readGeminiUsage(usage, (searches as number | undefined) ?? 0),
	});
}

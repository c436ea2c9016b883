import { createStreamUsageReader, objectsIn, type StreamUsageReader } from '../shared/stream-usage.ts';
import { isObject } from '../shared/usage-fields.ts';
import { readGeminiUsage } from './read-usage.ts';

/** Usage of a stream of generated content: `usageMetadata` of every chunk, cumulative. Source: https://ai.google.dev/api/generate-content */
export function createGeminiUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		usageOf: ({ usageMetadata }) => (isObject(usageMetadata) ? usageMetadata : null),
		outputOf({ candidates }) {
			const contents = objectsIn(candidates).map(({ content }) => (isObject(content) ? content : {}));
			const parts = contents.flatMap((content) => objectsIn(content['parts']));
			return parts.map((part) =>
				isObject(part['functionCall']) ? JSON.stringify(part['functionCall']) : part['text'],
			);
		},
		read: readGeminiUsage,
	});
}

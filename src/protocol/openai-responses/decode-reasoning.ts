import type { LanguageModelV4ReasoningPart } from '@ai-sdk/provider';
import { isSignature, openMetadata } from '../shared/seal-metadata.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/**
 * A reasoning item: its text, and what its maker signed it with where this package sealed that. What OpenAI encrypted,
 * nobody else can read: it is named in `dropped`.
 */
export function decodeReasoning(item: JsonObject, path: string, dropped: string[]): LanguageModelV4ReasoningPart[] {
	const told = [...objectsIn(item['summary']), ...objectsIn(item['content'])].map(({ text }) => text);
	const text = told.filter((said) => typeof said === 'string').join('\n\n');
	const encrypted = item['encrypted_content'];
	const metadata = openMetadata(encrypted);
	if (metadata !== null) return [{ type: 'reasoning', text, providerOptions: metadata }];
	if (isSignature(encrypted)) dropped.push(`${path}.encrypted_content`);
	return text === '' ? [] : [{ type: 'reasoning', text }];
}

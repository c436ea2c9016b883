import type { LanguageModelV4Content, LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import fc from 'fast-check';

/** A usage as a provider of the AI SDK reports it. */
export const SAMPLE_USAGE: LanguageModelV4Usage = {
	inputTokens: { total: 40, noCache: 25, cacheRead: 10, cacheWrite: 5 },
	outputTokens: { total: 30, text: 20, reasoning: 10 },
};

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const input = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(fc.integer(), fc.boolean(), text), {
	maxKeys: 3,
});

/** Content that every caller's format can carry: texts, signed and unsigned reasoning, calls for tools. */
export const carriedContent: fc.Arbitrary<LanguageModelV4Content[]> = fc
	.array(
		fc.oneof(
			text.map((said): LanguageModelV4Content => ({ type: 'text', text: said })),
			fc.tuple(text, fc.base64String({ minLength: 8 })).map(
				([said, signature]): LanguageModelV4Content => ({
					type: 'reasoning',
					text: said,
					providerMetadata: { anthropic: { signature } },
				}),
			),
			input.map(
				(said): LanguageModelV4Content => ({
					type: 'tool-call',
					toolCallId: '',
					toolName: 'lookup',
					input: JSON.stringify(said),
				}),
			),
		),
		{ minLength: 1, maxLength: 6 },
	)
	.map((content) =>
		content.map((part, at) => (part.type === 'tool-call' ? { ...part, toolCallId: `call_${at}` } : part)),
	);

function pieces(whole: string, size: number): string[] {
	const cut = Math.max(1, size);
	return Array.from({ length: Math.ceil(whole.length / cut) }, (_, at) => whole.slice(at * cut, (at + 1) * cut));
}

/** The parts in which a provider of the AI SDK streams one piece of content; text and input cut into pieces of `size`. */
export function streamOf(content: LanguageModelV4Content, id: string, size: number): LanguageModelV4StreamPart[] {
	if (content.type === 'text') {
		const deltas = pieces(content.text, size).map((delta) => ({ type: 'text-delta' as const, id, delta }));
		return [{ type: 'text-start', id }, ...deltas, { type: 'text-end', id }];
	}
	if (content.type === 'reasoning') {
		const deltas = pieces(content.text, size).map((delta) => ({ type: 'reasoning-delta' as const, id, delta }));
		const metadata = content.providerMetadata;
		const signed = { type: 'reasoning-delta' as const, id, delta: '', ...(metadata && { providerMetadata: metadata }) };
		return [{ type: 'reasoning-start', id }, ...deltas, signed, { type: 'reasoning-end', id }];
	}
	if (content.type !== 'tool-call') return [];
	const { toolCallId, toolName } = content;
	const deltas = pieces(content.input, size).map((delta) => ({
		type: 'tool-input-delta' as const,
		id: toolCallId,
		delta,
	}));
	return [
		{ type: 'tool-input-start', id: toolCallId, toolName },
		...deltas,
		{ type: 'tool-input-end', id: toolCallId },
		content,
	];
}

/** The whole stream of an answer. */
export function answerStream(content: readonly LanguageModelV4Content[], size: number): LanguageModelV4StreamPart[] {
	const reason = content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop';
	return [
		{ type: 'stream-start', warnings: [] },
		...content.flatMap((part, at) => streamOf(part, `part-${at}`, size)),
		{ type: 'finish', usage: SAMPLE_USAGE, finishReason: { unified: reason, raw: undefined } },
	];
}

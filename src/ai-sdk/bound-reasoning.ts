import type { LanguageModelV4Message, LanguageModelV4Prompt, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { type CachedPrefix, CHARACTERS_PER_TOKEN, type ModelName } from '../contracts/index.ts';

/** What is written on an answer's parts, so that the next turn tells which model made them. */
interface ModelStamp {
	model: ModelName;
}

/** A part of an answer, whole or streamed, as far as stamps go. */
interface StampedPart {
	type: string;
	providerMetadata?: SharedV4ProviderMetadata;
}

const ALWAYS_STAMPED: ReadonlySet<string> = new Set([
	'text',
	'reasoning',
	'tool-call',
	'text-start',
	'reasoning-start',
]);

/** The part with the name of the model that made it; the AI SDK brings it back with the conversation. */
export function withModelStamp<Part extends { type: string }>(part: Part, model: ModelName): Part {
	const { providerMetadata }: StampedPart = part;
	if (providerMetadata === undefined && !ALWAYS_STAMPED.has(part.type)) return part;
	return { ...part, providerMetadata: { ...providerMetadata, switchyard: { model } } };
}

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

function readModelStamp(part: AssistantPart): ModelStamp | null {
	const model = part.providerOptions?.['switchyard']?.['model'];
	return typeof model === 'string' ? { model } : null;
}

/** Signatures, encrypted reasoning and ids that only their maker reads: whatever a provider added to its parts. */
function isSigned({ providerOptions = {} }: AssistantPart): boolean {
	return Object.keys(providerOptions).some((name) => name !== 'switchyard');
}

/** The model that answered last, and what switching away from it would lose; `null` in a conversation that has none of ours. */
export function readCachedPrefix(prompt: LanguageModelV4Prompt): CachedPrefix | null {
	const last = prompt.findLast(({ role }) => role === 'assistant');
	if (last?.role !== 'assistant') return null;
	const stamp = last.content.map(readModelStamp).find((found) => found !== null);
	if (stamp === undefined || stamp === null) return null;
	const before = prompt.slice(0, prompt.indexOf(last) + 1);
	const tokens = Math.ceil(before.reduce((sum, message) => sum + charactersOf(message), 0) / CHARACTERS_PER_TOKEN);
	return { model: stamp.model, tokens, boundToModel: last.content.some(isSigned) };
}

function charactersOf({ content }: LanguageModelV4Message): number {
	if (typeof content === 'string') return content.length;
	return content.reduce((sum, part) => sum + ('text' in part ? part.text.length : 0), 0);
}

/** The prompt as a model may read it: what another model signed is left out, its thoughts with it. */
export function withoutForeignReasoning(prompt: LanguageModelV4Prompt, model: ModelName): LanguageModelV4Prompt {
	return prompt.map((message) => {
		if (message.role !== 'assistant') return message;
		const content = message.content.flatMap((part): AssistantPart[] => {
			const stamp = readModelStamp(part);
			if (stamp === null || stamp.model === model) return [part];
			if (part.type === 'reasoning' || part.type === 'reasoning-file') return [];
			const { providerOptions: _foreign, ...own } = part;
			return [own];
		});
		return { ...message, content };
	});
}

import type { LanguageModelV4Message, LanguageModelV4Prompt, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { type CachedPrefix, CHARACTERS_PER_TOKEN, type ModelName } from '../contracts/index.ts';

const ALWAYS_STAMPED: ReadonlySet<string> = new Set([
	'text',
	'reasoning',
	'tool-call',
	'text-start',
	'reasoning-start',
]);

/** The part, stamped with the model that made it; the AI SDK sends the stamp back with the conversation. */
export function withModelStamp<Part extends { type: string; providerMetadata?: SharedV4ProviderMetadata }>(
	part: Part,
	model: ModelName,
): Part {
	const { providerMetadata } = part;
	if (providerMetadata === undefined && !ALWAYS_STAMPED.has(part.type)) return part;
	return { ...part, providerMetadata: { ...providerMetadata, switchyard: { model } } };
}

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

function readModelStamp({ providerOptions }: AssistantPart): ModelName | null {
	const model = providerOptions?.['switchyard']?.['model'];
	return typeof model === 'string' ? model : null;
}

/** Whether a provider added signatures, encrypted reasoning or ids, which only it can read. */
function isSigned({ providerOptions = {} }: AssistantPart): boolean {
	return Object.keys(providerOptions).some((name) => name !== 'switchyard');
}

/** The model that answered last, and what switching away from it would lose; `null` in a conversation without a stamp. */
export function readCachedPrefix(prompt: LanguageModelV4Prompt): CachedPrefix | null {
	const last = prompt.findLast(({ role }) => role === 'assistant');
	if (last?.role !== 'assistant') return null;
	const model = last.content.map(readModelStamp).find((stamp) => stamp !== null);
	if (model === undefined || model === null) return null;
	const before = prompt.slice(0, prompt.indexOf(last) + 1);
	const tokens = Math.ceil(before.reduce((sum, message) => sum + countCharacters(message), 0) / CHARACTERS_PER_TOKEN);
	return { model, tokens, boundToModel: last.content.some(isSigned) };
}

function countCharacters({ content }: LanguageModelV4Message): number {
	if (typeof content === 'string') return content.length;
	return content.reduce((sum, part) => sum + ('text' in part ? part.text.length : 0), 0);
}

/** The prompt without reasoning and signatures of other models, which this one would refuse. */
export function withoutForeignReasoning(prompt: LanguageModelV4Prompt, model: ModelName): LanguageModelV4Prompt {
	return prompt.map((message) => {
		if (message.role !== 'assistant') return message;
		const content = message.content.flatMap((part): AssistantPart[] => {
			const maker = readModelStamp(part);
			if (maker === null || maker === model) return [part];
			if (part.type === 'reasoning' || part.type === 'reasoning-file') return [];
			const { providerOptions: _signatures, ...unsigned } = part;
			return [unsigned];
		});
		return { ...message, content };
	});
}

import type { LanguageModelV4CallOptions, LanguageModelV4Message } from '@ai-sdk/provider';
import type { Conversation, ConversationMessage, RequiredCapability } from '../contracts/index.ts';

type Part = Exclude<LanguageModelV4Message['content'], string>[number];

function isImage(part: Part): boolean {
	return part.type === 'file' && part.mediaType.startsWith('image');
}

/** A part as the classifier reads it: pictures by their kind, never by their bytes. */
function partOf(part: Part): unknown {
	if (part.type === 'text') return { type: 'text', text: part.text };
	return { type: isImage(part) ? 'image' : part.type };
}

function messageOf({ role, content }: LanguageModelV4Message): ConversationMessage {
	return { role, content: typeof content === 'string' ? content : content.map(partOf) };
}

/** A call's prompt as the router classifies it. */
export function conversationOf({ prompt, tools }: LanguageModelV4CallOptions): Conversation {
	const system = prompt.filter(({ role }) => role === 'system').map(({ content }) => content);
	return {
		...(system.length > 0 && { system: system.join('\n') }),
		messages: prompt.filter(({ role }) => role !== 'system').map(messageOf),
		...(tools !== undefined && { tools }),
	};
}

/** What a model must be able to do to answer a call. */
export function capabilitiesOf(options: LanguageModelV4CallOptions): RequiredCapability[] {
	const { prompt, tools = [], responseFormat, reasoning = 'provider-default' } = options;
	const hasImage = prompt.some(({ content }) => typeof content !== 'string' && content.some(isImage));
	const wants: Record<Exclude<RequiredCapability, 'embeddings'>, boolean> = {
		vision: hasImage,
		thinking: reasoning !== 'provider-default' && reasoning !== 'none',
		tools: tools.length > 0,
		'structured-output': responseFormat?.type === 'json' && responseFormat.schema !== undefined,
	};
	const names = ['vision', 'thinking', 'tools', 'structured-output'] as const;
	return names.filter((name) => wants[name]);
}

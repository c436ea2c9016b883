import type { LanguageModelV4CallOptions, LanguageModelV4Message } from '@ai-sdk/provider';
import type {
	Attribution,
	Conversation,
	ConversationMessage,
	RequiredCapability,
	TaskConstraints,
} from '../contracts/index.ts';
import type { RouteOptions } from '../system/index.ts';

/** What may be said of a model when it is made; `providerOptions.switchyard` says the same of one call. */
export interface RoutedModelOptions {
	/** Hard limits for every call. */
	constraints?: TaskConstraints;
	/** A policy by name, where the model's name says none: `cheap`, `best`, `fast`, … */
	policy?: string;
	/** Whom calls are done for: budgets and reports go by it. */
	attribution?: Attribution;
	/** Milliseconds one call may take, all attempts together. @default none */
	timeoutMs?: number;
}

/** What a model and one call of it say together; the call is stronger. */
export function mergeModelOptions(ofModel: RoutedModelOptions, ofCall: unknown): RoutedModelOptions {
	// What a caller wrote beside its prompt: the router judges constraints and policy, as it does everybody's.
	const given = (typeof ofCall === 'object' && ofCall !== null ? ofCall : {}) as RoutedModelOptions;
	return {
		...ofModel,
		...given,
		constraints: { ...ofModel.constraints, ...given.constraints },
		attribution: { ...ofModel.attribution, ...given.attribution },
	};
}

/** What is routed by, of all that was said. */
export function toRouteOptions(
	{ attribution, policy, constraints }: RoutedModelOptions,
	choice: { policy?: string; model?: string },
): RouteOptions {
	const named = choice.policy ?? (choice.model === undefined ? policy : undefined);
	return {
		constraints: {
			...constraints,
			...(choice.model !== undefined && { preferredModel: choice.model }),
		},
		...(attribution !== undefined && { attribution }),
		...(named !== undefined && { policy: named }),
	};
}

type Part = Exclude<LanguageModelV4Message['content'], string>[number];

function isImage(part: Part): boolean {
	return part.type === 'file' && part.mediaType.startsWith('image');
}

/** A part as the classifier reads it: pictures by their kind, never by their bytes. */
function toClassifiedPart(part: Part): unknown {
	if (part.type === 'text') return { type: 'text', text: part.text };
	return { type: isImage(part) ? 'image' : part.type };
}

function toMessage({ role, content }: LanguageModelV4Message): ConversationMessage {
	return { role, content: typeof content === 'string' ? content : content.map(toClassifiedPart) };
}

/** A call's prompt as the router classifies it. */
export function toConversation({ prompt, tools }: LanguageModelV4CallOptions): Conversation {
	const system = prompt.filter(({ role }) => role === 'system').map(({ content }) => content);
	return {
		...(system.length > 0 && { system: system.join('\n') }),
		messages: prompt.filter(({ role }) => role !== 'system').map(toMessage),
		...(tools !== undefined && { tools }),
	};
}

/** What a model must be able to do to answer a call. */
export function resolveRequiredCapabilities(options: LanguageModelV4CallOptions): RequiredCapability[] {
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

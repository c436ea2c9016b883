import type { LanguageModelV4CallOptions, LanguageModelV4Message } from '@ai-sdk/provider';
import type {
	Attribution,
	Conversation,
	ConversationMessage,
	RequiredCapability,
	TaskConstraints,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import type { ModelChoice, RouteOptions } from '../system/index.ts';
import { describeValue, isObject, nearestName } from '../util/index.ts';

/** How a routed model is called; `providerOptions.switchyard` of a call takes the same options and wins. */
export interface RoutedModelOptions {
	/** Hard limits for every call. */
	constraints?: TaskConstraints;
	/** A policy by name, where the model's name contains none: `cheap`, `best`, `fast`, … */
	policy?: string;
	/** Whom calls are done for: budgets and reports go by it. */
	attribution?: Attribution;
	/** Milliseconds one call may take, all attempts together. @default none */
	timeoutMs?: number;
}

/** What options may be named; a name that is not here would be forgotten, and the limit that it was meant for with it. */
const OPTION_NAMES: Readonly<Record<keyof RoutedModelOptions, true>> = {
	constraints: true,
	policy: true,
	attribution: true,
	timeoutMs: true,
};
const ATTRIBUTION_NAMES: Readonly<Record<keyof Attribution, true>> = {
	key: true,
	team: true,
	tags: true,
	session: true,
	namedBy: true,
};

function rejectUnknownNames(value: unknown, place: string, names: Readonly<Record<string, true>>): void {
	if (value === undefined) return;
	if (!isObject(value)) throw new InvalidInputError(`${place} is ${describeValue(value)}; it must be an object.`);
	const known = Object.keys(names);
	const unknown = Object.keys(value).find((name) => !Object.hasOwn(names, name));
	if (unknown === undefined) return;
	const nearest = nearestName(unknown, known);
	const hint = nearest === null ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`;
	throw new InvalidInputError(`${place}.${unknown.slice(0, 80)} is no option; ${hint}`);
}

/** @throws InvalidInputError for what is no option, or has no form that would be heeded */
function checkOptions(options: unknown, place: string): RoutedModelOptions {
	if (options === undefined) return {};
	rejectUnknownNames(options, place, OPTION_NAMES);
	// Untyped in the AI SDK; the router validates constraints and policy, as it does every caller's.
	const checked = options as RoutedModelOptions;
	const { attribution, timeoutMs } = checked;
	rejectUnknownNames(attribution, `${place}.attribution`, ATTRIBUTION_NAMES);
	const tags: unknown = attribution?.tags ?? [];
	if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string'))
		throw new InvalidInputError(`${place}.attribution.tags is ${describeValue(tags)}; it must be a list of texts.`);
	if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0))
		throw new InvalidInputError(`${place}.timeoutMs is ${describeValue(timeoutMs)}; it must be milliseconds > 0.`);
	return checked;
}

/**
 * The options of a model, overridden by those of one call.
 * @throws InvalidInputError for what is no option, with the nearest name
 */
export function mergeModelOptions(settings: RoutedModelOptions, callOptions: unknown): RoutedModelOptions {
	const modelOptions = checkOptions(settings, 'The options of the model');
	const overrides = checkOptions(callOptions, 'providerOptions.switchyard');
	return {
		...modelOptions,
		...overrides,
		constraints: { ...modelOptions.constraints, ...overrides.constraints },
		attribution: { ...modelOptions.attribution, ...overrides.attribution },
	};
}

/** The part of the options that routes. */
export function toRouteOptions(
	{ attribution, constraints, policy }: RoutedModelOptions,
	choice: ModelChoice,
): RouteOptions {
	if (choice.model === undefined) return { attribution, constraints, policy: choice.policy ?? policy };
	return { attribution, constraints: { ...constraints, preferredModel: choice.model }, policy: choice.policy };
}

type Part = Exclude<LanguageModelV4Message['content'], string>[number];

function isImage(part: Part): boolean {
	return part.type === 'file' && part.mediaType.startsWith('image');
}

/** A part as the classifier reads it: files by their kind, never by their bytes. */
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

/** The capabilities that a model needs to answer a call. */
export function resolveRequiredCapabilities(options: LanguageModelV4CallOptions): RequiredCapability[] {
	const { prompt, tools = [], responseFormat, reasoning = 'provider-default' } = options;
	const hasImage = prompt.some(({ content }) => typeof content !== 'string' && content.some(isImage));
	const required: RequiredCapability[] = [];
	if (hasImage) required.push('vision');
	if (reasoning !== 'provider-default' && reasoning !== 'none') required.push('thinking');
	if (tools.length > 0) required.push('tools');
	if (responseFormat?.type === 'json' && responseFormat.schema !== undefined) required.push('structured-output');
	return required;
}

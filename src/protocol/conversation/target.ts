import type { SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { WireFormatName } from '../../contracts/index.ts';
import { getToolIdRule, type ToolIdReader, type ToolIdRule } from '../shared/tool-ids.ts';

/** Whose models can read what a model of theirs signed. `chat`: servers that only speak Chat Completions. */
export type Family = 'anthropic' | 'bedrock' | 'google' | 'openai' | 'chat';

/** Where a conversation in the neutral form is sent. */
export interface ConversationTarget extends ToolIdReader {
	/** The wire format in which the provider answers; `null` where it is none of them (Bedrock). */
	format: WireFormatName | null;
}

const FAMILIES: Readonly<Record<WireFormatName, Family>> = {
	'anthropic-messages': 'anthropic',
	gemini: 'google',
	'openai-chat': 'chat',
	'openai-responses': 'openai',
};

/** Names under which the members of each family stand in the options of a part. */
const OPTION_NAMES: Readonly<Record<Family, readonly string[]>> = {
	anthropic: ['anthropic'],
	bedrock: ['amazonBedrock', 'bedrock'],
	google: ['google', 'googleVertex', 'vertex'],
	openai: ['openai', 'azure'],
	chat: [],
};

/** Members with which a provider signs: reasoning without one of its own is refused where signatures are checked. */
const SIGNATURES = ['signature', 'redactedData', 'redactedContent', 'thoughtSignature', 'reasoningEncryptedContent'];

/** The family of a format; `null` stands for Bedrock's own. */
export function getFamily(format: WireFormatName | null): Family {
	return format === null ? 'bedrock' : FAMILIES[format];
}

/** The families that signed a part, or that ran what it is about. */
export function listFamilies(options: SharedV4ProviderOptions | undefined): Family[] {
	return Object.keys(OPTION_NAMES).filter((family): family is Family =>
		OPTION_NAMES[family as Family].some((name) => SIGNATURES.some((member) => options?.[name]?.[member] !== undefined)),
	);
}

/** The ids of tool calls that the provider takes; `null`: any. */
export function getTargetToolIds({ format, ...reader }: ConversationTarget): ToolIdRule | null {
	return getToolIdRule(format ?? 'anthropic-messages', reader);
}

import type { Caller, CallerOptions } from './caller.ts';
import { chatCaller } from './chat-caller.ts';
import { geminiCaller } from './gemini-caller.ts';
import { messagesCaller } from './messages-caller.ts';
import { responsesCaller } from './responses-caller.ts';

export type { Caller, CallerAnswer, CallerAsk, CallerOptions } from './caller.ts';

/** The official SDKs by the format they speak. */
export const CALLERS: Readonly<Record<string, (options: CallerOptions) => Caller>> = {
	'openai-chat': chatCaller,
	'openai-responses': responsesCaller,
	'anthropic-messages': messagesCaller,
	gemini: geminiCaller,
};

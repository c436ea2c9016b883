import { aiCaller } from './ai-caller.ts';
import type { Caller, CallerOptions } from './caller.ts';
import { chatCaller } from './chat-caller.ts';
import { geminiCaller } from './gemini-caller.ts';
import { messagesCaller } from './messages-caller.ts';
import { responsesCaller } from './responses-caller.ts';

export type { Caller, CallerAnswer, CallerAsk, CallerOptions } from './caller.ts';

/** An official package, and the format it speaks. */
export interface CallerKind {
	name: string;
	format: string;
	create(options: CallerOptions): Caller;
}

/** The official packages. */
export const CALLERS: readonly CallerKind[] = [
	{ name: '`openai` chat', format: 'openai-chat', create: chatCaller },
	{ name: '`openai` responses', format: 'openai-responses', create: responsesCaller },
	{ name: '`@anthropic-ai/sdk`', format: 'anthropic-messages', create: messagesCaller },
	{ name: '`@google/genai`', format: 'gemini', create: geminiCaller },
	...[
		['openai-chat', 'openai-compatible'] as const,
		['openai-responses', 'openai'] as const,
		['anthropic-messages', 'anthropic'] as const,
		['gemini', 'google'] as const,
	].map(([format, name]) => ({
		name: `\`ai\` with \`@ai-sdk/${name}\``,
		format,
		create: (options: CallerOptions) => aiCaller(format, options),
	})),
];

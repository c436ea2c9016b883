import type {
	LanguageModelV4Message,
	LanguageModelV4TextPart,
	LanguageModelV4ToolResultOutput,
} from '@ai-sdk/provider';
import type { BodyFields } from './body-fields.ts';
import { appendMessage } from './neutral-form.ts';

/** The conversation of a request to either of OpenAI's APIs, while it is decoded. */
export class OpenAiPrompt {
	readonly messages: LanguageModelV4Message[] = [];
	/** Paths of what the neutral form cannot carry. */
	readonly dropped: string[];
	/** Names of the tools that were called, by the call's id. */
	readonly #toolNames = new Map<string, string>();

	constructor(dropped: string[]) {
		this.dropped = dropped;
	}

	/**
	 * Adds instructions. Most providers take them at the start only: later ones keep their place, as the user's text.
	 * `message` is where they come from.
	 */
	addInstructions(texts: readonly LanguageModelV4TextPart[], message: BodyFields): void {
		if (this.messages.every(({ role }) => role === 'system')) {
			for (const { type: _, text, ...options } of texts)
				this.messages.push({ role: 'system', content: text, ...options });
			return;
		}
		this.dropped.push(message.pathOf('role'));
		if (texts.length > 0) this.messages.push({ role: 'user', content: [...texts] });
	}

	/** Notes which tool a call is of: its result names the call only. */
	nameCall(toolCallId: string, toolName: string): void {
		this.#toolNames.set(toolCallId, toolName);
	}

	/** Adds the result of a call whose id is the member `idName`. @throws InvalidInputError where no call before has the id */
	addToolResult(message: BodyFields, idName: string, output: LanguageModelV4ToolResultOutput): void {
		const toolCallId = message.requireName(idName);
		const toolName = this.#toolNames.get(toolCallId);
		if (toolName === undefined)
			throw message.invalid(idName, 'the id of a call before it: what one provider holds, no other can read');
		appendMessage(this.messages, { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] });
	}
}

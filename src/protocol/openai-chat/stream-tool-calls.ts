import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { JsonObject } from '../shared/usage-fields.ts';
import { encodeToolCall } from './encode-message.ts';

type Start = Extract<LanguageModelV4StreamPart, { type: 'tool-input-start' }>;
type Call = Extract<LanguageModelV4StreamPart, { type: 'tool-call' }>;

/** The deltas of the tool calls of one stream: every call has its index, parallel ones may come interleaved. */
export class StreamToolCalls {
	readonly #customTools: ReadonlySet<string>;
	/** What was told of each call, by its id; as many as the answer has calls. */
	readonly #told = new Map<string, { index: number; input: string }>();

	constructor(customTools: ReadonlySet<string>) {
		this.#customTools = customTools;
	}

	/** The delta that opens a call; `null` for one that is told when it is whole, or that the provider runs itself. */
	start({ id, toolName, providerExecuted, inputEncoding }: Start): JsonObject | null {
		if (providerExecuted === true || inputEncoding === 'text' || this.#customTools.has(toolName)) return null;
		const index = this.#told.size;
		this.#told.set(id, { index, input: '' });
		return { index, id, type: 'function', function: { name: toolName, arguments: '' } };
	}

	/** A piece of a call's input; `null` for a call that was not opened. */
	input(id: string, delta: string): JsonObject | null {
		const told = this.#told.get(id);
		if (told === undefined || delta === '') return null;
		told.input += delta;
		return { index: told.index, function: { arguments: delta } };
	}

	/** What is still to be told of a call that is whole now. */
	finish(call: Call): JsonObject | null {
		const told = this.#told.get(call.toolCallId);
		const whole = encodeToolCall(call, this.#customTools);
		if (told === undefined) {
			const index = this.#told.size;
			this.#told.set(call.toolCallId, { index, input: call.input });
			return { index, ...whole };
		}
		const { extra_content: extra } = whole;
		const input = told.input === '' ? call.input : '';
		if (input === '' && extra === undefined) return null;
		told.input += input;
		return {
			index: told.index,
			function: { arguments: input },
			...(extra === undefined ? {} : { extra_content: extra }),
		};
	}
}

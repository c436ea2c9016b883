import type { LanguageModelV4Content, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { WireFormatName } from '../../contracts/index.ts';
import { getToolIdRule, ToolIds } from '../shared/tool-ids.ts';

/** Gives the tool calls of one answer ids that the caller's format allows, so that the caller can send them back. */
export class AnswerIds {
	readonly #ids: ToolIds;
	/** The id given to each call that is being written or whose result is to come; as many as the answer has. */
	readonly #open = new Map<string, string>();

	constructor(format: WireFormatName) {
		this.#ids = new ToolIds(getToolIdRule(format, { modelId: '' }));
	}

	/** The part with the ids that the caller sees; the same object where they stay. */
	fit<Part extends LanguageModelV4StreamPart | LanguageModelV4Content>(part: Part): Part {
		switch (part.type) {
			case 'tool-input-start':
				return withMember(part, 'id', this.#begin(part.id));
			case 'tool-input-delta':
			case 'tool-input-end':
				return withMember(part, 'id', this.#open.get(part.id) ?? part.id);
			case 'tool-call':
				return withMember(part, 'toolCallId', this.#open.get(part.toolCallId) ?? this.#begin(part.toolCallId));
			case 'tool-result':
				return withMember(part, 'toolCallId', this.#open.get(part.toolCallId) ?? part.toolCallId);
			default:
				return part;
		}
	}

	#begin(id: string): string {
		const given = this.#ids.addCall(id);
		this.#open.set(id, given);
		return given;
	}
}

/** `name`: a member whose value is a text. */
function withMember<Part extends object>(part: Part, name: 'id' | 'toolCallId', value: string): Part {
	return Reflect.get(part, name) === value ? part : { ...part, [name]: value };
}

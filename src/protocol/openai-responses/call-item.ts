import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { textOfCustomInput } from '../shared/custom-tools.ts';
import { encodeThoughtSignature } from '../shared/thought-signature.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import type { EventLog } from './event-log.ts';

/** Which call an item is of. */
export interface CallPlace {
	id: string;
	outputIndex: number;
	callId: string;
	name: string;
	/** The caller's tool takes free text. */
	isCustom: boolean;
}

/** A tool call of a response while it is being written. A custom one is told when it is whole: its text stands in JSON until then. */
export class CallItem {
	readonly #log: EventLog;
	readonly #place: CallPlace;
	#input = '';
	#told = '';
	#extra: JsonObject = {};
	#status = 'in_progress';

	constructor(log: EventLog, place: CallPlace) {
		this.#log = log;
		this.#place = place;
		log.add('response.output_item.added', { output_index: place.outputIndex, item: this.json });
	}

	/** The item as it stands. */
	get json(): JsonObject {
		const { id, callId, name, isCustom } = this.#place;
		const [type, input] = isCustom ? ['custom_tool_call', 'input'] : ['function_call', 'arguments'];
		return { id, type, status: this.#status, call_id: callId, name, [input]: this.#told, ...this.#extra };
	}

	/** Adds to the input. */
	write(delta: string): void {
		this.#input += delta;
		if (!this.#place.isCustom) this.#tell(delta);
	}

	/** Ends the call with its input, which is the one that counts where none was told before. */
	end(input: string | null, metadata?: SharedV4ProviderMetadata): void {
		if (this.#status !== 'in_progress') return;
		if (this.#input === '' && input !== null) this.write(input);
		if (this.#place.isCustom) this.#tell(textOfCustomInput(input ?? this.#input));
		this.#extra = encodeThoughtSignature(metadata);
		this.#status = input === null ? 'incomplete' : 'completed';
		const [type, name] = this.#names;
		this.#log.add(`response.${type}.done`, { ...this.#at, [name]: this.#told, ...this.#nameOfFunction });
		this.#log.add('response.output_item.done', { output_index: this.#place.outputIndex, item: this.json });
	}

	#tell(delta: string): void {
		if (delta === '') return;
		this.#told += delta;
		this.#log.add(`response.${this.#names[0]}.delta`, { ...this.#at, delta });
	}

	get #names(): readonly [string, string] {
		return this.#place.isCustom ? ['custom_tool_call_input', 'input'] : ['function_call_arguments', 'arguments'];
	}

	get #nameOfFunction(): JsonObject {
		return this.#place.isCustom ? {} : { name: this.#place.name };
	}

	get #at(): JsonObject {
		return { item_id: this.#place.id, output_index: this.#place.outputIndex };
	}
}

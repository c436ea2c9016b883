import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { isCall } from './end-reasons.ts';
import type { EventLog } from './event-log.ts';

interface WatchedItem {
	/** The item as it was announced, or as it ended. */
	item: JsonObject;
	isDone: boolean;
	/** What was said inside it, by kind of delta and place. As long as the answer. */
	said: Map<string, { kind: string; index: number; text: string }>;
}

/** Members of an item in which what a delta said stands. */
const PLACES: Readonly<Record<string, string>> = {
	'response.function_call_arguments.delta': 'arguments',
	'response.custom_tool_call_input.delta': 'input',
};

const PARTS: Readonly<Record<string, (text: string) => JsonObject>> = {
	'response.output_text.delta': (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] }),
	'response.refusal.delta': (refusal) => ({ type: 'refusal', refusal }),
	'response.reasoning_summary_text.delta': (text) => ({ type: 'summary_text', text }),
};

/** The output of a response that passes by, kept so that it can be ended early. */
export class WatchedOutput {
	readonly #items = new Map<number, WatchedItem>();

	/** True when a call was begun. */
	get hasCalls(): boolean {
		return [...this.#items.values()].some(({ item }) => isCall(item));
	}

	/** The items as they stand, those that are open as far as they came. */
	get json(): JsonObject[] {
		const ordered = [...this.#items].sort(([one], [other]) => one - other);
		return ordered.map(([, item]) => (item.isDone ? item.item : asFarAsItCame(item)));
	}

	/** Takes one event. */
	take(type: string, event: JsonObject): void {
		const index = Number(event['output_index'] ?? 0);
		if (type === 'response.output_item.added' || type === 'response.output_item.done') {
			if (!isObject(event['item'])) return;
			const said = this.#items.get(index)?.said ?? new Map();
			this.#items.set(index, { item: event['item'], isDone: type.endsWith('.done'), said });
			return;
		}
		const known = this.#items.get(index);
		if (known === undefined || typeof event['delta'] !== 'string') return;
		const place = Number(event['content_index'] ?? event['summary_index'] ?? 0);
		const key = `${type} ${place}`;
		const before = known.said.get(key)?.text ?? '';
		known.said.set(key, { kind: type, index: place, text: before + event['delta'] });
	}

	/** Ends every item that is open. */
	end(log: EventLog): void {
		for (const [output_index, watched] of this.#items) {
			if (watched.isDone) continue;
			const item = asFarAsItCame(watched);
			watched.item = item;
			watched.isDone = true;
			log.add('response.output_item.done', { output_index, item });
		}
	}
}

function asFarAsItCame({ item, said }: WatchedItem): JsonObject {
	const parts = [...said.values()].sort((one, other) => one.index - other.index);
	const members = parts.flatMap(({ kind, text }) => (PLACES[kind] === undefined ? [] : [[PLACES[kind], text]]));
	const content = parts.flatMap(({ kind, text }) => PARTS[kind]?.(text) ?? []);
	const name = item['type'] === 'reasoning' ? 'summary' : 'content';
	const status = item['type'] === 'reasoning' ? {} : { status: 'incomplete' };
	return { ...item, ...status, ...Object.fromEntries(members), ...(content.length > 0 ? { [name]: content } : {}) };
}

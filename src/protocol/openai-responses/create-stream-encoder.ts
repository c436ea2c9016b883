import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { AnswerFacts, StreamEncoder } from '../shared/caller-format.ts';
import { customToolNames } from '../shared/custom-tools.ts';
import { readFinishReason } from '../shared/finish-reason.ts';
import { readNeutralCounts } from '../shared/neutral-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { encodeResponsesStreamError } from './encode-error.ts';
import { EventLog } from './event-log.ts';
import { OutputItems } from './output-items.ts';
import { beginResponse, endResponse } from './response-object.ts';

type Part = LanguageModelV4StreamPart;

class EventEncoder implements StreamEncoder {
	readonly #log = new EventLog();
	readonly #begun: JsonObject;
	readonly #output: OutputItems;
	#isStarted = false;

	constructor(facts: AnswerFacts) {
		this.#begun = beginResponse(facts);
		const customTools = customToolNames(facts.request['tools']);
		this.#output = new OutputItems(this.#log, { idPrefix: facts.id, customTools });
	}

	get dropped(): readonly string[] {
		return [...this.#output.dropped];
	}

	push(part: Part): string {
		this.#start();
		if (part.type === 'finish') return this.#finish(part);
		this.#output.take(part);
		return this.#log.take();
	}

	endEarly(reason: FinishReason, usage: Usage): string {
		this.#start();
		this.#output.end(reason);
		const response = endResponse(this.#begun, { output: this.#output.json, reason, usage });
		this.#log.add(`response.${String(response['status'])}`, { response });
		return this.#log.take();
	}

	#start(): void {
		if (this.#isStarted) return;
		this.#isStarted = true;
		this.#log.add('response.created', { response: this.#begun });
		this.#log.add('response.in_progress', { response: this.#begun });
	}

	#finish({ finishReason, usage }: Extract<Part, { type: 'finish' }>): string {
		const reason = readFinishReason(finishReason);
		if (reason !== 'error') return this.endEarly(reason, readNeutralCounts(usage, null));
		const message = `The provider did not finish its answer (${finishReason.raw ?? 'no reason given'}).`;
		return this.#log.take() + encodeResponsesStreamError({ status: 502, code: 'server_error', message });
	}
}

/** Writes a neutral stream as the typed events of a response, numbered from 0. */
export function createOpenAiResponsesStreamEncoder(facts: AnswerFacts): StreamEncoder {
	return new EventEncoder(facts);
}

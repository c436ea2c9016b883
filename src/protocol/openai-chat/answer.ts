import type { FinishReason, Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { AnswerSummary, CallerFormat, FrameSummary, StreamWatcher } from '../shared/caller-format.ts';
import { formatSse, parseFrameData, type SseFrame } from '../shared/sse.ts';
import { objectsIn } from '../shared/usage.ts';
import { createOpenAiChatUsageReader, encodeOpenAiChatUsage, readOpenAiChatUsage } from './usage.ts';

/** Reasoning alone is no answer. */
const REASONING = ['reasoning_content', 'reasoning'];

/** What a whole chat completion says of itself. @throws InvalidInputError for figures that cannot be */
export function readOpenAiChatAnswer(body: JsonObject): AnswerSummary {
	const choices = objectsIn(body['choices']);
	const messages = choices.map(({ message }) => message).filter(isObject);
	const reasons = choices.map((choice) => readOpenAiChatFinishReason(choice['finish_reason']));
	const refused = messages.some(({ refusal }) => typeof refusal === 'string' && refusal !== '');
	return {
		finishReason: reasons.find((reason) => reason !== null) ?? null,
		hasOutput: messages.some((message) => hasOutput(message, REASONING)),
		isRefusal: refused || reasons.includes('content-filter'),
		usage: isObject(body['usage']) ? readOpenAiChatUsage(body['usage'], body['service_tier']) : null,
	};
}

type Options = Parameters<CallerFormat['createStreamWatcher']>[0];

/** What every chunk says of the answer; taken over into chunks that are added. */
const REPEATED = ['id', 'object', 'created', 'model', 'system_fingerprint'] as const;

class ChunkWatcher implements StreamWatcher {
	readonly usage: StreamWatcher['usage'] = createOpenAiChatUsageReader();
	readonly #options: Options;
	/** Why each choice ended, by its index; `null` while it goes on. As many as were asked for. */
	readonly #choices = new Map<number, FinishReason | null>();
	#head: JsonObject = { object: 'chat.completion.chunk' };
	#isDone = false;
	#isStarted = false;

	constructor(options: Options) {
		this.#options = options;
	}

	get isComplete(): boolean {
		const ended = [...this.#choices.values()];
		// a server that gives fewer answers than asked for says at least that it is done
		const wanted = this.#isDone ? 1 : (this.#options.answers ?? 1);
		return ended.length >= wanted && ended.every((reason) => reason !== null);
	}

	get finishReason(): FinishReason | null {
		return [...this.#choices.values()].find((reason) => reason !== null) ?? null;
	}

	read(frame: SseFrame): FrameSummary {
		if (frame.data?.trim() === '[DONE]') {
			this.#isDone = true;
			return { kind: 'done', isForwarded: true, data: undefined };
		}
		const { data, isEmpty: isSilent } = parseFrameData(frame);
		if (isSilent) return { kind: 'other', isForwarded: true, data };
		const chunk = readChunk(data);
		if (frame.event === 'error' || chunk?.isError === true) return { kind: 'error', isForwarded: true, data };
		if (chunk === null) return { kind: 'malformed', isForwarded: true, data };
		// readChunk takes objects only
		return this.#take(chunk, data as JsonObject);
	}

	endEarly(reason: FinishReason, usage: Usage): string {
		if (this.#isDone) return '';
		const open =
			this.#choices.size === 0 ? [0] : [...this.#choices].flatMap(([index, ended]) => (ended === null ? [index] : []));
		const finish_reason = writeOpenAiChatFinishReason(reason);
		const choices = open.map((index) => ({ index, delta: {}, logprobs: null, finish_reason }));
		const ends = choices.length === 0 ? '' : formatSse({ ...this.#head, choices });
		const told = this.#options.wantsUsage
			? formatSse({ ...this.#head, choices: [], usage: encodeOpenAiChatUsage(usage) })
			: '';
		return ends + told + formatSse('[DONE]');
	}

	#take(chunk: Chunk, data: JsonObject): FrameSummary {
		this.usage.push(data);
		this.#head = {
			...this.#head,
			...Object.fromEntries(REPEATED.flatMap((name) => (name in data ? [[name, data[name]]] : []))),
		};
		let ends = false;
		for (const choice of chunk.choices) {
			const index = Number(choice['index'] ?? 0);
			const reason = readOpenAiChatFinishReason(choice['finish_reason']);
			ends ||= reason !== null;
			this.#choices.set(index, reason ?? this.#choices.get(index) ?? null);
		}
		if (chunk.isUsageOnly) return { kind: 'usage', isForwarded: this.#options.wantsUsage, data };
		return { kind: this.#kindOf(chunk, ends), isForwarded: true, data };
	}

	#kindOf(chunk: Chunk, ends: boolean): FrameSummary['kind'] {
		if (chunk.choices.some((choice) => choice['finish_reason'] === 'error')) return 'error';
		this.#isStarted ||= chunk.hasOutput || ends;
		if (chunk.hasOutput) return 'output';
		if (ends) return 'end';
		// after the first word: what a provider's filters say beside it
		return this.#isStarted ? 'other' : 'start-up';
	}
}

/** Watches chat completion chunks that are passed through. */
export function createOpenAiChatStreamWatcher(options: Options): StreamWatcher {
	return new ChunkWatcher(options);
}

/** Members of a delta or a message in which output stands. */
const OUTPUTS = [
	'content',
	'reasoning_content',
	'reasoning',
	'refusal',
	'tool_calls',
	'function_call',
	'audio',
] as const;

function isFilled(value: unknown): boolean {
	if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
	return isObject(value) && Object.keys(value).length > 0;
}

/** True when there is output in a delta, or in a message without `except`. */
function hasOutput(said: unknown, except: readonly string[] = []): boolean {
	return isObject(said) && OUTPUTS.some((name) => !except.includes(name) && isFilled(said[name]));
}

/** One chunk, as far as a watcher needs it. */
export interface Chunk {
	choices: JsonObject[];
	hasOutput: boolean;
	/** Nothing in it but figures. */
	isUsageOnly: boolean;
	isError: boolean;
}

/** Reads a chunk; `null` for data that is none. */
function readChunk(data: unknown): Chunk | null {
	if (!isObject(data)) return null;
	const isError = data['error'] !== undefined && data['error'] !== null;
	if (!isError && !Array.isArray(data['choices'])) return null;
	const choices = objectsIn(data['choices']);
	return {
		choices,
		hasOutput: choices.some(({ delta }) => hasOutput(delta)),
		isUsageOnly: choices.length === 0 && isObject(data['usage']),
		isError,
	};
}

const NEUTRAL: Readonly<Record<string, FinishReason>> = {
	stop: 'stop',
	length: 'length',
	tool_calls: 'tool-calls',
	function_call: 'tool-calls',
	content_filter: 'content-filter',
	error: 'error',
};

const OPENAI: Readonly<Record<FinishReason, string>> = {
	stop: 'stop',
	length: 'length',
	'tool-calls': 'tool_calls',
	'content-filter': 'content_filter',
	error: 'error',
	other: 'stop',
};

/** A completion's finish reason in this package's words; `null` while there is none. */
function readOpenAiChatFinishReason(word: unknown): FinishReason | null {
	if (typeof word !== 'string' || word === '') return null;
	return NEUTRAL[word] ?? 'other';
}

/** A finish reason in the format's words. */
export function writeOpenAiChatFinishReason(reason: FinishReason): string {
	return OPENAI[reason];
}

import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { CallerFormat, FrameReading, StreamWatcher } from '../shared/caller-format.ts';
import { parseFrame } from '../shared/parse-frame.ts';
import { formatSse, type SseFrame } from '../shared/sse-frames.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { encodeChatUsage } from './encode-usage.ts';
import { readFinishWord, writeFinishWord } from './finish-reasons.ts';
import { type Chunk, readChunk } from './read-chunk.ts';
import { createOpenAiChatUsageReader } from './read-stream-usage.ts';

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

	read(frame: SseFrame): FrameReading {
		if (frame.data?.trim() === '[DONE]') {
			this.#isDone = true;
			return { kind: 'done', isForwarded: true, data: undefined };
		}
		const { data, isSilent } = parseFrame(frame);
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
		const finish_reason = writeFinishWord(reason);
		const choices = open.map((index) => ({ index, delta: {}, logprobs: null, finish_reason }));
		const ends = choices.length === 0 ? '' : formatSse({ ...this.#head, choices });
		const told = this.#options.wantsUsage
			? formatSse({ ...this.#head, choices: [], usage: encodeChatUsage(usage) })
			: '';
		return ends + told + formatSse('[DONE]');
	}

	#take(chunk: Chunk, data: JsonObject): FrameReading {
		this.usage.push(data);
		this.#head = {
			...this.#head,
			...Object.fromEntries(REPEATED.flatMap((name) => (name in data ? [[name, data[name]]] : []))),
		};
		let ends = false;
		for (const choice of chunk.choices) {
			const index = Number(choice['index'] ?? 0);
			const reason = readFinishWord(choice['finish_reason']);
			ends ||= reason !== null;
			this.#choices.set(index, reason ?? this.#choices.get(index) ?? null);
		}
		if (chunk.isUsageOnly) return { kind: 'usage', isForwarded: this.#options.wantsUsage, data };
		return { kind: this.#kindOf(chunk, ends), isForwarded: true, data };
	}

	#kindOf(chunk: Chunk, ends: boolean): FrameReading['kind'] {
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

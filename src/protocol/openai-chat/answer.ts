import type { FinishReason, Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, readModelName } from '../shared/body-fields.ts';
import type { AnswerSummary, CallerFormat, StreamWatcher } from '../shared/caller-format.ts';
import { FinishReasons } from '../shared/neutral-form.ts';
import { type FrameSummary, formatSse, isErrorEvent, type SseFrame, summarizeFrame } from '../shared/sse.ts';
import { joinTexts } from '../shared/usage.ts';
import { createOpenAiChatUsageReader, encodeOpenAiChatUsage, getMessageTexts, readOpenAiChatUsage } from './usage.ts';

/** `finish_reason` of Chat Completions in the neutral words, both ways. */
export const openAiChatFinishReasons: FinishReasons = new FinishReasons(
	{
		stop: 'stop',
		length: 'length',
		'tool-calls': 'tool_calls function_call',
		'content-filter': 'content_filter',
		error: 'error',
	},
	{ other: 'stop' },
	undefined,
	// TGI, vLLM, SGLang, Mistral, DeepSeek, OpenRouter, and proxies that pass on other providers' words
	{
		stop: 'eos eos_token stop_sequence end_turn STOP',
		length: 'max_tokens model_length MAX_TOKENS',
		'tool-calls': 'tool_use',
		error: 'error abort insufficient_system_resource',
	},
);

/** Members of a delta or a message in which output stands. */
const OUTPUTS = ['content', 'refusal', 'tool_calls', 'function_call', 'audio', 'reasoning_content', 'reasoning'];

function isFilled(value: unknown): boolean {
	if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
	return isObject(value) && Object.keys(value).length > 0;
}

/** Reads a whole chat completion. */
export function readOpenAiChatAnswer(body: JsonObject): AnswerSummary {
	let finishReason: FinishReason | null = null;
	let [hasOutput, isRefusal] = [false, false];
	const texts: unknown[] = [];
	for (const { finish_reason: told, message } of objectsIn(body['choices'])) {
		const reason = openAiChatFinishReasons.parse(told);
		finishReason ??= reason;
		isRefusal ||= reason === 'content-filter';
		if (!isObject(message)) continue;
		isRefusal ||= typeof message['refusal'] === 'string' && message['refusal'] !== '';
		hasOutput ||= OUTPUTS.some((name) => isFilled(message[name]));
		texts.push(...getMessageTexts(message));
	}
	const usage = isObject(body['usage']) ? readOpenAiChatUsage(body['usage'], body['service_tier']) : null;
	const model = readModelName(body['model']);
	return { finishReason, hasOutput, isRefusal, usage, model, outputText: joinTexts(texts) };
}

type Options = Parameters<CallerFormat['createStreamWatcher']>[0];

/** Members that every chunk repeats, ours too. */
const REPEATED = ['id', 'object', 'created', 'model', 'system_fingerprint'] as const;

/** Watches chat completion chunks that are passed through. */
export class OpenAiChatStreamWatcher implements StreamWatcher {
	readonly usage: StreamWatcher['usage'] = createOpenAiChatUsageReader();
	readonly #options: Options;
	/** Why each choice ended, by its index; `null` while it goes on. As many as were asked for. */
	readonly #choices = new Map<number, FinishReason | null>();
	readonly #head: Record<string, unknown> = { object: 'chat.completion.chunk' };
	#isDone = false;
	#isStarted = false;

	constructor(options: Options) {
		this.#options = options;
	}

	get isComplete(): boolean {
		const { size } = this.#choices;
		// a server that sends fewer answers than requested is complete when it is done
		const expected = this.#isDone ? 1 : (this.#options.answers ?? 1);
		if (size >= expected && !this.#isOpen) return true;
		// some servers give no finish reason: with the usage told, [DONE] says that the answer is over
		return this.#isDone && size > 0 && this.usage.usage() !== null;
	}

	/** A choice has not ended. */
	get #isOpen(): boolean {
		for (const reason of this.#choices.values()) if (reason === null) return true;
		return false;
	}

	get finishReason(): FinishReason | null {
		return [...this.#choices.values()].find((reason) => reason !== null) ?? null;
	}

	get model(): string | null {
		return readModelName(this.#head['model']);
	}

	read(frame: SseFrame): FrameSummary {
		if (frame.data?.trim() === '[DONE]') {
			this.#isDone = true;
			// clients read no further: what is incomplete must not look whole to them
			return { kind: 'done', isForwarded: this.isComplete, data: undefined };
		}
		const summary = summarizeFrame(frame, (data) => this.#classify(data, frame.event));
		return { ...summary, isForwarded: summary.kind !== 'usage' || this.#options.wantsUsage };
	}

	repeat(text: string): void {
		this.usage.repeat(text);
	}

	endEarly(reason: FinishReason, usage: Usage): string {
		if (this.#isDone) return '';
		const open = [...this.#choices].flatMap(([index, ended]) => (ended === null ? [index] : []));
		const choices = (this.#choices.size === 0 ? [0] : open).map((index) => ({
			index,
			delta: {},
			logprobs: null,
			finish_reason: openAiChatFinishReasons.format(reason),
		}));
		const ends = choices.length === 0 ? '' : formatSse({ ...this.#head, choices });
		const usageChunk = { ...this.#head, choices: [], usage: encodeOpenAiChatUsage(usage) };
		return ends + (this.#options.wantsUsage ? formatSse(usageChunk) : '') + formatSse('[DONE]');
	}

	#classify(data: unknown, event: string | null): FrameSummary['kind'] {
		const chunk = isObject(data) ? data : null;
		this.usage.push(chunk);
		if (event === 'error' || (chunk !== null && isErrorEvent(chunk))) return 'error';
		if (chunk === null) return 'malformed';
		if (!Array.isArray(chunk['choices'])) return 'other';
		this.#keepHead(chunk);
		const choices = objectsIn(chunk['choices']);
		const isEnd = choices.map((choice) => this.#followChoice(choice)).includes(true);
		if (choices.length === 0 && isObject(chunk['usage'])) return 'usage';
		if (choices.some((choice) => choice['finish_reason'] === 'error')) return 'error';
		const hasOutput = choices.some(({ delta }) => isObject(delta) && OUTPUTS.some((name) => isFilled(delta[name])));
		this.#isStarted ||= hasOutput || isEnd;
		if (hasOutput) return 'output';
		if (isEnd) return 'end';
		// after the first output: what a provider's filters say beside it
		return this.#isStarted ? 'other' : 'start-up';
	}

	#keepHead(chunk: JsonObject): void {
		for (const name of REPEATED) if (name in chunk) this.#head[name] = chunk[name];
	}

	/** True when the choice ends. */
	#followChoice(choice: JsonObject): boolean {
		const index = Number(choice['index'] ?? 0);
		const reason = openAiChatFinishReasons.parse(choice['finish_reason']);
		this.#choices.set(index, reason ?? this.#choices.get(index) ?? null);
		return reason !== null;
	}
}

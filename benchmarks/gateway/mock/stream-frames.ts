import { type Behaviour, contentText, type MockRequest } from './behaviour.ts';
import { anthropicUsage, openaiUsage } from './json-answer.ts';

/** A stream's frames, already in HTTP chunks. */
export interface StreamFrames {
	/** What comes before the first content. */
	opening: Buffer;
	content: readonly Buffer[];
	/** What ends the stream, and the last chunk. */
	closing: Buffer;
}

const LAST_CHUNK = '0\r\n\r\n';

function chunk(frame: string): string {
	return `${Buffer.byteLength(frame).toString(16)}\r\n${frame}\r\n`;
}

function data(value: object): string {
	return chunk(`data: ${JSON.stringify(value)}\n\n`);
}

function event(type: string, rest: object): string {
	return chunk(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
}

function openaiFrames({ model, wantsUsage }: MockRequest, behaviour: Behaviour): StreamFrames {
	const base = {
		id: 'chatcmpl-mock',
		object: 'chat.completion.chunk',
		created: 1_790_000_000,
		model,
		system_fingerprint: 'fp_mock',
	};
	const choice = (delta: object, finish: string | null = null): string =>
		data({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
	const usage = wantsUsage ? data({ ...base, choices: [], usage: openaiUsage(behaviour) }) : '';
	return {
		opening: Buffer.from(choice({ role: 'assistant', content: '', refusal: null })),
		content: Array.from({ length: behaviour.outputTokens }, (_, index) =>
			Buffer.from(choice({ content: contentText(index) })),
		),
		closing: Buffer.from(choice({}, 'stop') + usage + chunk('data: [DONE]\n\n') + LAST_CHUNK),
	};
}

function anthropicFrames({ model }: MockRequest, behaviour: Behaviour): StreamFrames {
	const message = {
		id: 'msg_mock',
		type: 'message',
		role: 'assistant',
		model,
		content: [],
		stop_reason: null,
		stop_sequence: null,
		usage: anthropicUsage(behaviour, 1),
	};
	const delta = (index: number): string =>
		event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: contentText(index) } });
	return {
		opening: Buffer.from(
			event('message_start', { message }) +
				event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
				event('ping', {}),
		),
		content: Array.from({ length: behaviour.outputTokens }, (_, index) => Buffer.from(delta(index))),
		closing: Buffer.from(
			event('content_block_stop', { index: 0 }) +
				event('message_delta', {
					delta: { stop_reason: 'end_turn', stop_sequence: null },
					usage: { output_tokens: behaviour.outputTokens },
				}) +
				event('message_stop', {}) +
				LAST_CHUNK,
		),
	};
}

/** Makes the frames of streams of one behaviour, once for each shape: a stream then costs one small write an event. */
export class StreamAnswers {
	readonly #behaviour: Behaviour;
	readonly #frames = new Map<string, StreamFrames>();

	constructor(behaviour: Behaviour) {
		this.#behaviour = behaviour;
	}

	framesOf(request: MockRequest): StreamFrames {
		const key = `${request.api} ${request.wantsUsage} ${request.model}`;
		let frames = this.#frames.get(key);
		if (frames === undefined) {
			frames = (request.api === 'openai' ? openaiFrames : anthropicFrames)(request, this.#behaviour);
			if (this.#frames.size >= 100) this.#frames.clear();
			this.#frames.set(key, frames);
		}
		return frames;
	}
}

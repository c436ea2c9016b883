import type { Behaviour, MockRequest } from './behaviour.ts';

/** Usage as OpenAI tells it. */
export function openaiUsage({ inputTokens, outputTokens }: Behaviour): object {
	return {
		prompt_tokens: inputTokens,
		completion_tokens: outputTokens,
		total_tokens: inputTokens + outputTokens,
		prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
		completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
	};
}

/** Usage as Anthropic tells it. */
export function anthropicUsage({ inputTokens }: Behaviour, outputTokens: number): object {
	return {
		input_tokens: inputTokens,
		cache_creation_input_tokens: 0,
		cache_read_input_tokens: 0,
		output_tokens: outputTokens,
		service_tier: 'standard',
	};
}

const ID = '@@ID@@';

function answerOf({ api, model }: MockRequest, behaviour: Behaviour, text: string): string {
	if (api === 'openai')
		return JSON.stringify({
			id: `chatcmpl-${ID}`,
			object: 'chat.completion',
			created: 1_790_000_000,
			model,
			choices: [
				{
					index: 0,
					message: { role: 'assistant', content: text, refusal: null },
					logprobs: null,
					finish_reason: 'stop',
				},
			],
			usage: openaiUsage(behaviour),
			system_fingerprint: 'fp_mock',
		});
	return JSON.stringify({
		id: `msg_${ID}`,
		type: 'message',
		role: 'assistant',
		model,
		content: [{ type: 'text', text }],
		stop_reason: 'end_turn',
		stop_sequence: null,
		usage: anthropicUsage(behaviour, behaviour.outputTokens),
	});
}

/** Makes JSON answers of one behaviour; everything but the id is kept for the next of the same shape. */
export class JsonAnswers {
	readonly #behaviour: Behaviour;
	readonly #halves = new Map<string, readonly [string, string]>();
	#count = 0;

	constructor(behaviour: Behaviour) {
		this.#behaviour = behaviour;
	}

	make(request: MockRequest): string {
		const key = `${request.api} ${request.model}`;
		let halves = this.#halves.get(key);
		if (halves === undefined) {
			const bare = answerOf(request, this.#behaviour, '').length;
			const text = ' tok'.repeat(Math.ceil(this.#behaviour.answerBytes / 4));
			const whole = answerOf(request, this.#behaviour, text.slice(0, Math.max(1, this.#behaviour.answerBytes - bare)));
			const [before = '', after = ''] = whole.split(ID);
			halves = [before, after];
			if (this.#halves.size >= 100) this.#halves.clear();
			this.#halves.set(key, halves);
		}
		this.#count += 1;
		return halves[0] + this.#count.toString(36).padStart(12, '0') + halves[1];
	}
}

import type { SimulatedModel } from './simulator-options.ts';

/** Characters per token, as a rule of thumb. */
const CHARACTERS_PER_TOKEN = 4;

/** What the simulator says to a prompt, in no wire format yet. */
export interface SimulatedAnswer {
	model: string;
	/** The words in order; together they are the text. */
	pieces: readonly string[];
	text: string;
	/** All input, cached or not. */
	inputTokens: number;
	cachedTokens: number;
	/** Part of the input that was written to the cache, by life. */
	writtenTokens: { fiveMinutes: number; hour: number };
	outputTokens: number;
	reasoningTokens: number;
	/** Deterministic for the model and prompt. */
	id: string;
}

function tokensOf(text: string): number {
	return Math.max(1, Math.ceil(text.length / CHARACTERS_PER_TOKEN));
}

function hash(text: string): string {
	let value = 2166136261;
	for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 16777619);
	return (value >>> 0).toString(16).padStart(8, '0');
}

/** Every text found in a message's content, whatever the format. */
export function textsIn(value: unknown, depth = 0): string {
	if (typeof value === 'string') return value;
	if (depth > 6 || typeof value !== 'object' || value === null) return '';
	if (Array.isArray(value))
		return value
			.map((part) => textsIn(part, depth + 1))
			.filter(Boolean)
			.join('\n');
	const fields = [
		'system',
		'systemInstruction',
		'instructions',
		'messages',
		'contents',
		'input',
		'content',
		'parts',
		'text',
	];
	return fields
		.map((field) => textsIn(Reflect.get(value, field), depth + 1))
		.filter(Boolean)
		.join('\n');
}

/** A plausible answer that depends on the prompt. */
export function answerPrompt(model: string, prompt: string, options: SimulatedModel): SimulatedAnswer {
	const ask = prompt.trim().split('\n').at(-1)?.slice(0, 120) ?? '';
	const text =
		options.text ??
		`Simulated answer from ${model}: I read ${prompt.length} characters and was asked "${ask}". ` +
			'A real model would now think about the request, weigh the options it sees and write its answer here. ' +
			'This text only has the right shape and length, so that routing, costs and failures can be tried without a key.';
	const pieces = text.match(/\s*\S+|\s+$/g) ?? [];
	return {
		model,
		pieces,
		text,
		inputTokens: Math.max(tokensOf(prompt), options.cachedTokens ?? 0),
		cachedTokens: options.cachedTokens ?? 0,
		writtenTokens: { fiveMinutes: 0, hour: 0 },
		outputTokens: tokensOf(text),
		reasoningTokens: options.reasoningTokens ?? 0,
		id: hash(`${model}\n${prompt}`),
	};
}

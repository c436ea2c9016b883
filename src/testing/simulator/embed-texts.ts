import { hashText } from '../../util/index.ts';
import { type Fields, numberOf, stringsOf } from './json-fields.ts';
import { tokensOf } from './simulated-answer.ts';

const DEFAULT_DIMENSIONS = 16;
const MAX_DIMENSIONS = 4096;

/** A vector of length one that depends on the text alone. */
function embed(text: string, dimensions: number): number[] {
	const raw = Array.from({ length: dimensions }, (_, index) => {
		return (Number.parseInt(hashText(`${index} ${text}`).slice(0, 6), 16) % 2001) - 1000;
	});
	const length = Math.hypot(...raw) || 1;
	return raw.map((value) => value / length);
}

function encode(vector: number[], format: unknown): unknown {
	return format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;
}

/** The answer to a request of OpenAI's Embeddings. */
export function embedTexts(model: string, body: Fields): unknown {
	const texts = stringsOf(body['input']);
	const dimensions = Math.min(numberOf(body['dimensions']) ?? DEFAULT_DIMENSIONS, MAX_DIMENSIONS);
	const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0);
	return {
		object: 'list',
		data: texts.map((text, index) => ({
			object: 'embedding',
			index,
			embedding: encode(embed(text, dimensions), body['encoding_format']),
		})),
		model,
		usage: { prompt_tokens: tokens, total_tokens: tokens },
	};
}

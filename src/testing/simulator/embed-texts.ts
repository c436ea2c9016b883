import { hashText } from '../../util/index.ts';
import { type Fields, numberOf } from './json-fields.ts';
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

/** One thing to be embedded, and how many tokens it has. */
interface Piece {
	text: string;
	tokens: number;
}

function pieceOf(input: unknown): Piece[] {
	if (typeof input === 'string') return [{ text: input, tokens: tokensOf(input) }];
	return Array.isArray(input) ? [{ text: `tokens ${input.join(' ')}`, tokens: input.length }] : [];
}

/** What is to be embedded: a text, texts, tokens, or lists of tokens. */
function piecesOf(input: unknown): Piece[] {
	const isOne = !Array.isArray(input) || input.every((token) => typeof token === 'number');
	return isOne ? pieceOf(input) : input.flatMap(pieceOf);
}

/** The answer to a request of OpenAI's Embeddings. Google's address for it says nothing of usage. */
export function embedTexts(model: string, body: Fields, path: string): unknown {
	const pieces = piecesOf(body['input']);
	const dimensions = Math.min(numberOf(body['dimensions']) ?? DEFAULT_DIMENSIONS, MAX_DIMENSIONS);
	const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
	return {
		object: 'list',
		data: pieces.map(({ text }, index) => ({
			object: 'embedding',
			index,
			embedding: encode(embed(text, dimensions), body['encoding_format']),
		})),
		model,
		...(path.includes('/v1beta/openai/') ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
	};
}

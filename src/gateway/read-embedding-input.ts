import { InvalidInputError } from '../errors/index.ts';
import type { JsonObject } from './read-json.ts';

/** Texts of one request, as the API has it. */
const MAX_INPUTS = 2048;

/** What is to be embedded. */
export interface EmbeddingInput {
	/** Vectors that must come back. */
	count: number;
	/** The texts; empty where tokens were given. */
	texts: readonly string[];
	/** Exact where tokens were given; `null`: nobody has counted the texts. */
	tokens: number | null;
}

function refuse(path: string, value: unknown, wanted: string): InvalidInputError {
	const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
	// what it says may be anybody's words: numbers are shown, of everything else the kind
	const told = value === '' ? 'empty' : typeof value === 'number' ? String(value) : `of the kind ${kind}`;
	return new InvalidInputError(`${path} is ${value === undefined ? 'missing' : told}; ${wanted}.`);
}

function isToken(value: unknown): boolean {
	return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function readTokens(list: readonly unknown[], path: string): number {
	const wrong = list.findIndex((one) => !isToken(one));
	if (wrong !== -1) throw refuse(`${path}[${wrong}]`, list[wrong], 'a list of tokens holds whole numbers of 0 or more');
	return list.length;
}

function readTokenLists(lists: readonly unknown[]): number {
	return lists.reduce<number>((sum, list, index) => {
		if (!Array.isArray(list) || list.length === 0)
			throw refuse(`input[${index}]`, list, 'every member must be a list of at least one token, like the first');
		return sum + readTokens(list, `input[${index}]`);
	}, 0);
}

function readTexts(list: readonly unknown[]): string[] {
	return list.map((text, index) => {
		if (typeof text === 'string' && text !== '') return text;
		throw refuse(`input[${index}]`, text, 'every member must be a text with something in it, like the first');
	});
}

/** Reads `input` of an embeddings request: a text, a list of texts, tokens, or a list of lists of tokens. @throws InvalidInputError naming the path */
export function readEmbeddingInput({ input }: JsonObject): EmbeddingInput {
	if (typeof input === 'string' && input !== '') return { count: 1, texts: [input], tokens: null };
	if (!Array.isArray(input)) throw refuse('input', input, 'give a text, a list of texts, or tokens');
	const [first] = input;
	if (first === undefined) throw new InvalidInputError('input is an empty list; give at least one text.');
	if (typeof first === 'number') return { count: 1, texts: [], tokens: readTokens(input, 'input') };
	if (input.length > MAX_INPUTS) {
		throw new InvalidInputError(
			`input has ${input.length} members; one request takes ${MAX_INPUTS}. Send the rest in another.`,
		);
	}
	if (Array.isArray(first)) return { count: input.length, texts: [], tokens: readTokenLists(input) };
	return { count: input.length, texts: readTexts(input), tokens: null };
}

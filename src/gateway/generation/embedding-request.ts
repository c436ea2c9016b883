import type { ModelProfile } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { parseModelChoice } from '../../system/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { RequestContext } from './request-context.ts';

/** The model that an embeddings request names; the router chooses none, since vectors of different models are not comparable. @throws InvalidInputError for `auto`, or a model that answers; UnknownModelError */
export function resolveEmbeddingModel(
	name: unknown,
	{ deployments, runtime }: Pick<RequestContext, 'deployments' | 'runtime'>,
): ModelProfile {
	const { router } = runtime.system;
	const listServed = (): string => {
		const names = deployments.servedModels.filter((model) => router.catalog.get(model).kind === 'embedding');
		return names.length === 0 ? 'none is served here' : names.join(', ');
	};
	if (typeof name !== 'string' || name === '')
		throw new InvalidInputError(`model is missing; name one that makes embeddings (${listServed()}).`);
	const { model } = parseModelChoice(name, router);
	if (model === undefined) {
		throw new InvalidInputError(
			`model is "${name.slice(0, 80)}", and the router does not choose here: vectors of different models cannot be compared. Name one that makes embeddings (${listServed()}).`,
		);
	}
	const profile = router.catalog.get(model);
	if (profile.kind === 'embedding') return profile;
	throw new InvalidInputError(
		`model is "${profile.name}", which answers and makes no embeddings. Name one that does (${listServed()}).`,
	);
}

/** Texts of one request, as OpenAI's API allows. */
const MAX_INPUTS = 2048;

/** What is to be embedded. */
export interface EmbeddingInput {
	/** Vectors that must come back. */
	count: number;
	/** The texts; empty where tokens were given. */
	texts: readonly string[];
	/** Exact where tokens were given; `null` for texts, which are not counted. */
	tokens: number | null;
}

function createInputError(path: string, value: unknown, wanted: string): InvalidInputError {
	const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
	// The value may be private text: only numbers are quoted, of everything else the kind.
	const description = value === '' ? 'empty' : typeof value === 'number' ? String(value) : `of the kind ${kind}`;
	return new InvalidInputError(`${path} is ${value === undefined ? 'missing' : description}; ${wanted}.`);
}

function isToken(value: unknown): boolean {
	return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function countTokens(list: readonly unknown[], path: string): number {
	const invalid = list.findIndex((token) => !isToken(token));
	if (invalid !== -1)
		throw createInputError(`${path}[${invalid}]`, list[invalid], 'a list of tokens holds whole numbers of 0 or more');
	return list.length;
}

function countTokenLists(lists: readonly unknown[]): number {
	return lists.reduce<number>((sum, list, index) => {
		if (!Array.isArray(list) || list.length === 0)
			throw createInputError(
				`input[${index}]`,
				list,
				'every member must be a list of at least one token, like the first',
			);
		return sum + countTokens(list, `input[${index}]`);
	}, 0);
}

function requireTexts(list: readonly unknown[]): string[] {
	return list.map((text, index) => {
		if (typeof text === 'string' && text !== '') return text;
		throw createInputError(`input[${index}]`, text, 'every member must be a text with something in it, like the first');
	});
}

/** Parses `input` of an embeddings request: a text, a list of texts, tokens, or a list of lists of tokens. @throws InvalidInputError naming the path */
export function parseEmbeddingInput({ input }: JsonObject): EmbeddingInput {
	if (typeof input === 'string' && input !== '') return { count: 1, texts: [input], tokens: null };
	if (!Array.isArray(input)) throw createInputError('input', input, 'give a text, a list of texts, or tokens');
	const [first] = input;
	if (first === undefined) throw new InvalidInputError('input is an empty list; give at least one text.');
	if (typeof first === 'number') return { count: 1, texts: [], tokens: countTokens(input, 'input') };
	if (input.length > MAX_INPUTS) {
		throw new InvalidInputError(
			`input has ${input.length} members; one request takes ${MAX_INPUTS}. Send the rest in another.`,
		);
	}
	if (Array.isArray(first)) return { count: input.length, texts: [], tokens: countTokenLists(input) };
	return { count: input.length, texts: requireTexts(input), tokens: null };
}

import { hashText, type JsonObject, sum } from '../../util/index.ts';
import { ANTHROPIC_FORMAT } from './anthropic-format.ts';
import { GEMINI_FORMAT } from './gemini-format.ts';
import { toNumber } from './json-fields.ts';
import { OPENAI_CHAT_FORMAT } from './openai-chat-format.ts';
import { OPENAI_RESPONSES_FORMAT } from './openai-responses-format.ts';
import { countTokens, type SimulatedFormat } from './wire-format.ts';

/** What a path is for. */
export interface SimulatedRoute {
	path: string;
	format: SimulatedFormat;
	operation: 'generate' | 'count-tokens' | 'embeddings';
	/** Named by the path; `null` when the body names it. */
	model: string | null;
	/** `null` when the body decides. */
	isStream: boolean | null;
}

/** By the end of the path, so that every base URL works. */
const ENDINGS: ReadonlyArray<[ending: string, format: SimulatedFormat, operation: SimulatedRoute['operation']]> = [
	['/messages', ANTHROPIC_FORMAT, 'generate'],
	['/messages/count_tokens', ANTHROPIC_FORMAT, 'count-tokens'],
	['/chat/completions', OPENAI_CHAT_FORMAT, 'generate'],
	['/responses', OPENAI_RESPONSES_FORMAT, 'generate'],
	['/responses/input_tokens', OPENAI_RESPONSES_FORMAT, 'count-tokens'],
	['/embeddings', OPENAI_CHAT_FORMAT, 'embeddings'],
];

const GEMINI_PATH = /\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;
/** Claude at Vertex AI: the path names the model, and whether the answer is a stream. */
const VERTEX_CLAUDE_PATH = /\/models\/([^/:]+):(rawPredict|streamRawPredict)$/;

/** The route of a path; `null` when there is none. */
export function findRoute(path: string): SimulatedRoute | null {
	const gemini = GEMINI_PATH.exec(path);
	if (gemini !== null) {
		const [, model = '', verb] = gemini;
		return {
			path,
			format: GEMINI_FORMAT,
			operation: verb === 'countTokens' ? 'count-tokens' : 'generate',
			model: decodeURIComponent(model),
			isStream: verb === 'streamGenerateContent',
		};
	}
	const claude = VERTEX_CLAUDE_PATH.exec(path);
	if (claude !== null) {
		const [, model = '', verb] = claude;
		const isStream = verb === 'streamRawPredict';
		return { path, format: ANTHROPIC_FORMAT, operation: 'generate', model: decodeURIComponent(model), isStream };
	}
	const [, format, operation] = ENDINGS.find(([ending]) => path.endsWith(ending)) ?? [];
	if (format === undefined || operation === undefined) return null;
	return { path, format, operation, model: null, isStream: null };
}

/** A provider's list of models; a client of Anthropic is recognised by its version header, one of Google by its key's. */
export function createModelList(
	path: string,
	headers: Readonly<Record<string, string>>,
	models: readonly string[],
): unknown {
	if (headers['x-goog-api-key'] !== undefined || /^\/v1(beta|alpha)\//.test(path)) {
		return {
			models: models.map((id) => ({
				name: `models/${id}`,
				displayName: id,
				supportedGenerationMethods: ['generateContent', 'countTokens'],
			})),
		};
	}
	if (headers['anthropic-version'] !== undefined) {
		return {
			data: models.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' })),
			has_more: false,
			first_id: models[0] ?? null,
			last_id: models.at(-1) ?? null,
		};
	}
	return { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'switchyard' })) };
}

const DEFAULT_DIMENSIONS = 16;
const MAX_DIMENSIONS = 4096;

/** A vector of length one that depends on the text alone. */
function createVector(text: string, dimensions: number): number[] {
	const draw = (index: number) => (Number.parseInt(hashText(`${index} ${text}`).slice(0, 6), 16) % 2001) - 1000;
	const raw = Array.from({ length: dimensions }, (_, index) => draw(index));
	const length = Math.hypot(...raw) || 1;
	return raw.map((value) => value / length);
}

/** Texts to be embedded, with their tokens. */
function toEmbeddingInput(input: unknown): Array<{ text: string; tokens: number }> {
	if (typeof input === 'string') return [{ text: input, tokens: countTokens(input) }];
	return Array.isArray(input) ? [{ text: `tokens ${input.join(' ')}`, tokens: input.length }] : [];
}

/** The answer of OpenAI's Embeddings. Google's address for it reports no usage. */
export function createEmbeddings(model: string, body: JsonObject, path: string): unknown {
	const { input } = body;
	// a text, texts, tokens, or lists of tokens
	const isSingle = !Array.isArray(input) || input.every((token) => typeof token === 'number');
	const inputs = isSingle ? toEmbeddingInput(input) : input.flatMap(toEmbeddingInput);
	const dimensions = Math.min(toNumber(body['dimensions']) ?? DEFAULT_DIMENSIONS, MAX_DIMENSIONS);
	const tokens = sum(inputs.map((one) => one.tokens));
	const isBase64 = body['encoding_format'] === 'base64';
	const data = inputs.map(({ text }, index) => {
		const vector = createVector(text, dimensions);
		const embedding = isBase64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;
		return { object: 'embedding', index, embedding };
	});
	const usage = path.includes('/v1beta/openai/') ? undefined : { prompt_tokens: tokens, total_tokens: tokens };
	return { object: 'list', data, model, usage };
}

import type { Conversation, RequiredCapability } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyDialect, BodyFields } from '../shared/body-fields.ts';
import type { RequestChange, WireRequest } from '../shared/caller-format.ts';
import { objectsIn } from '../shared/json.ts';
import { spliceJson } from '../shared/json-splice.ts';
import { isForeignSignature } from '../shared/reasoning-seal.ts';

const JSON_TYPES: ReadonlySet<unknown> = new Set(['application/json', 'text/x.enum']);

/** What the conversation's parts ask of a model. */
interface Parts {
	needs: Set<RequiredCapability>;
	isBound: boolean;
}

function isBinding(signature: unknown): boolean {
	// What another provider's model sealed is left out where Google answers.
	return typeof signature === 'string' && signature !== '' && !isForeignSignature(signature);
}

/** Members of a part that say what the model must be able to do; looked at for every part, so without more ado. */
function readPart(part: JsonObject, seen: Parts): void {
	if (isObject(part['inlineData'] ?? part['inline_data'] ?? part['fileData'] ?? part['file_data'])) {
		seen.needs.add('vision');
	}
	const call = part['functionCall'] ?? part['function_call'];
	if (isObject(call ?? part['functionResponse'] ?? part['function_response'])) seen.needs.add('tools');
	if (isBinding(part['thoughtSignature'] ?? part['thought_signature'])) seen.isBound = true;
}

function readContents(body: BodyFields): { contents: JsonObject[]; seen: Parts } {
	const seen: Parts = { needs: new Set(), isBound: body.get('cachedContent') !== undefined };
	const contents = body.objects('contents');
	if (contents.length === 0) throw body.invalid('contents', 'a list with at least one content');
	for (const content of contents) {
		content.string('role');
		for (const part of objectsIn(content.list('parts'))) readPart(part, seen);
	}
	return { contents: contents.map(({ value }) => value), seen };
}

function isThinking(config: BodyFields | undefined): boolean {
	const thinking = config?.object('thinkingConfig');
	if (thinking === undefined) return false;
	const budget = thinking.number('thinkingBudget');
	return budget === undefined
		? thinking.boolean('includeThoughts') === true || thinking.string('thinkingLevel') !== undefined
		: budget !== 0;
}

function isStructured(config: BodyFields | undefined): boolean {
	const schemas = [config?.get('responseSchema'), config?.get('responseJsonSchema')];
	return JSON_TYPES.has(config?.get('responseMimeType')) || schemas.some(isObject);
}

function modelOf(body: BodyFields, path: string | undefined): string {
	const model = path ?? body.requireString('model');
	return model.startsWith('models/') ? model.slice('models/'.length) : model;
}

/** Reads what routing and money need of a request for content. @throws InvalidInputError naming the field's path */
export function readGeminiRequest(json: JsonObject, path: { model?: string; isStream?: boolean } = {}): WireRequest {
	const body = createGeminiFields(json);
	const model = modelOf(body, path.model);
	const { contents, seen } = readContents(body);
	const config = body.object('generationConfig');
	const tools = body.objects('tools').map(({ value }) => value);
	if (tools.length > 0) seen.needs.add('tools');
	if (isThinking(config)) seen.needs.add('thinking');
	if (isStructured(config)) seen.needs.add('structured-output');
	const system = body.get('systemInstruction');
	const conversation: Conversation = { contents };
	if (system !== undefined) conversation.system = system;
	if (tools.length > 0) conversation.tools = tools;
	return {
		model,
		isStream: path.isStream ?? false,
		conversation,
		maxOutputTokens: config?.count('maxOutputTokens') ?? null,
		requiredCapabilities: [...seen.needs],
		answerCount: Math.max(1, config?.count('candidateCount') ?? 1),
		wantsUsage: true,
		session: null,
		boundToModel: seen.isBound,
	};
}

/**
 * The same bytes but for the limit, in the caller's own spelling: the model stands in the address, and usage is always
 * said. Signatures of another provider's reasoning, which Google refuses, are left out.
 */
export function spliceGeminiRequest(text: string, body: JsonObject, change: RequestChange): string {
	const fields = createGeminiFields(body);
	const contents = objectsIn(body['contents']);
	const set = { contents: contents.some(hasForeignSignature) ? withoutForeignSignatures(contents) : undefined };
	if (change.maxOutputTokens === undefined) return spliceJson(text, set);
	const config = fields.spelling('generationConfig');
	const usual = config === 'generationConfig' ? 'maxOutputTokens' : 'max_output_tokens';
	const limit = fields.object('generationConfig')?.spelling('maxOutputTokens');
	const said = fields.object('generationConfig')?.get('maxOutputTokens');
	const name = said === undefined ? usual : (limit ?? usual);
	return spliceJson(text, set, { [config]: { [name]: change.maxOutputTokens } });
}

/** What Google documents for calls that another model made. Source: https://ai.google.dev/gemini-api/docs/thought-signatures */
const NOT_CHECKED = 'skip_thought_signature_validator';

function signatureName(part: unknown): string | null {
	if (!isObject(part)) return null;
	return ['thoughtSignature', 'thought_signature'].find((name) => isForeignSignature(part[name])) ?? null;
}

/** A part as Google takes it; nothing for a thought that another model had. */
function cleanPart(part: unknown): unknown[] {
	const name = signatureName(part);
	if (name === null || !isObject(part)) return [part];
	if (part['thought'] === true) return [];
	const { [name]: _foreign, ...rest } = part;
	const isCall = isObject(part['functionCall']) || isObject(part['function_call']);
	return [isCall ? { ...rest, [name]: NOT_CHECKED } : rest];
}

/** True for a content that holds signatures which Google did not make and refuses. */
function hasForeignSignature(content: JsonObject): boolean {
	return Array.isArray(content['parts']) && content['parts'].some((part) => signatureName(part) !== null);
}

/** The contents with every foreign signature replaced or left out. */
function withoutForeignSignatures(contents: readonly JsonObject[]): JsonObject[] {
	return contents.flatMap((content) => {
		if (!Array.isArray(content['parts']) || !hasForeignSignature(content)) return [content];
		const parts = content['parts'].flatMap(cleanPart);
		return parts.length === 0 ? [] : [{ ...content, parts }];
	});
}

/** By name, both spellings. The names are written in this package, never a caller's: the map does not grow with requests. */
const spellings = new Map<string, readonly string[]>();

/** Google's API takes members in camel case and in snake case. Source: https://protobuf.dev/programming-guides/json */
const DIALECT: BodyDialect = {
	spellings(name) {
		const known = spellings.get(name) ?? [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
		spellings.set(name, known);
		return known;
	},
};

/** A body, or a part of one, in either spelling. */
export function createGeminiFields(value: JsonObject, path = ''): BodyFields {
	return new BodyFields(value, path, DIALECT);
}

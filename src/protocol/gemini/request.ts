import type { Conversation, RequiredCapability } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyDialect, BodyFields, objectsIn, toObject } from '../shared/body-fields.ts';
import type { RequestChange, WireRequest } from '../shared/caller-format.ts';
import {
	editJson,
	type JsonEdit,
	type JsonPath,
	type JsonText,
	removeMembers,
	replaceJsonValue,
	setJsonMembers,
	updateAt,
	wrapJsonValue,
} from '../shared/json-splice.ts';
import { isForeignSignature, isSealed } from '../shared/reasoning-seal.ts';

const JSON_TYPES: ReadonlySet<unknown> = new Set(['application/json', 'text/x.enum']);

/** What the conversation requires of a model. */
interface Requirements {
	capabilities: Set<RequiredCapability>;
	isBound: boolean;
}

function isBinding(signature: unknown): boolean {
	// what was sealed for another provider is left out where Google answers
	return typeof signature === 'string' && signature !== '' && !isForeign(signature);
}

/** Reads a part without BodyFields: it runs for every part of every request. */
function readPart(part: JsonObject, required: Requirements): void {
	if (isObject(part['inlineData'] ?? part['inline_data'] ?? part['fileData'] ?? part['file_data'])) {
		required.capabilities.add('vision');
	}
	const call = part['functionCall'] ?? part['function_call'];
	if (isObject(call ?? part['functionResponse'] ?? part['function_response'])) required.capabilities.add('tools');
	if (isBinding(part['thoughtSignature'] ?? part['thought_signature'])) required.isBound = true;
}

function readContents(body: BodyFields): { contents: JsonObject[]; required: Requirements } {
	const required: Requirements = { capabilities: new Set(), isBound: body.get('cachedContent') !== undefined };
	const contents = body.objects('contents');
	if (contents.length === 0) throw body.invalid('contents', 'a list with at least one content');
	for (const content of contents) {
		content.string('role');
		for (const part of objectsIn(content.list('parts'))) readPart(part, required);
	}
	return { contents: contents.map(({ value }) => value), required };
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

function getModel(body: BodyFields, path: string | undefined): string {
	const model = path ?? body.requireString('model');
	return model.startsWith('models/') ? model.slice('models/'.length) : model;
}

/** Members that are lists, by the member that they are in; of the body itself under ''. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
	'': ['contents', 'tools'],
	contents: ['parts'],
	systemInstruction: ['parts'],
	tools: ['functionDeclarations'],
};

/** Adds the paths at which a list's only member stands for the list. */
function findSingles(value: unknown, kind: string, path: JsonPath, found: JsonPath[]): void {
	if (Array.isArray(value))
		for (const [index, each] of value.entries()) findSingles(each, kind, [...path, index], found);
	if (!isObject(value)) return;
	const fields = createGeminiFields(value);
	for (const name of LISTS[kind] ?? []) {
		const inner = [...path, fields.spelling(name)];
		const member = fields.get(name);
		// the innermost first: no path leads through a list that is yet to be made
		findSingles(member, name, inner, found);
		if (isObject(member)) found.push(inner);
	}
	if (kind !== '') return;
	for (const [name, holds] of [
		['systemInstruction', 'systemInstruction'],
		['generateContentRequest', ''],
	] as const)
		findSingles(fields.get(name), holds, [...path, fields.spelling(name)], found);
}

/**
 * Makes a list of what stands alone where the API has a list: Google's servers take either, and its documents for Vertex write
 * `contents` and `parts` alone. Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
export function listGeminiSingles(text: JsonText, body: JsonObject): [text: JsonText, body: JsonObject] {
	const paths: JsonPath[] = [];
	findSingles(body, '', [], paths);
	if (paths.length === 0) return [text, body];
	const listed = paths.reduce((value, path) => updateAt(value, path, (member) => [member]), body);
	return [
		editJson(
			text,
			paths.map((path) => wrapJsonValue(path, '[', ']')),
		),
		listed,
	];
}

/** Reads what routing and money need of a request for content. @throws InvalidInputError naming the field's path */
export function readGeminiRequest(json: JsonObject, path: { model?: string; isStream?: boolean } = {}): WireRequest {
	const body = createGeminiFields(json);
	const model = getModel(body, path.model);
	const { contents, required } = readContents(body);
	const config = body.object('generationConfig');
	const tools = body.objects('tools').map(({ value }) => value);
	if (tools.length > 0) required.capabilities.add('tools');
	if (isThinking(config)) required.capabilities.add('thinking');
	if (isStructured(config)) required.capabilities.add('structured-output');
	const system = body.get('systemInstruction');
	const conversation: Conversation = { contents };
	if (system !== undefined) conversation.system = system;
	if (tools.length > 0) conversation.tools = tools;
	return {
		model,
		isStream: path.isStream ?? false,
		conversation,
		maxOutputTokens: config?.count('maxOutputTokens') ?? null,
		requiredCapabilities: [...required.capabilities],
		answerCount: Math.max(1, config?.count('candidateCount') ?? 1),
		wantsUsage: true,
		session: null,
		boundToModel: required.isBound,
		...(tools.some((tool) => isObject(tool['googleSearch'] ?? tool['google_search'])) ? { searchesWeb: true } : {}),
	};
}

/**
 * The same bytes but for the limit, in the caller's own spelling, and what `findHistoryEdits` says of the conversation: the
 * model is part of the address, and usage is always sent.
 */
export function spliceGeminiRequest(text: JsonText, body: JsonObject, change: RequestChange): JsonText {
	const edits = findHistoryEdits(body, change);
	if (change.maxOutputTokens === undefined) return editJson(text, edits);
	const fields = createGeminiFields(body);
	const config = fields.spelling('generationConfig');
	const usual = config === 'generationConfig' ? 'maxOutputTokens' : 'max_output_tokens';
	const limit = fields.object('generationConfig')?.spelling('maxOutputTokens');
	const isSet = fields.object('generationConfig')?.get('maxOutputTokens') !== undefined;
	const name = isSet ? (limit ?? usual) : usual;
	return editJson(text, [...edits, setJsonMembers({}, { [config]: { [name]: change.maxOutputTokens } })]);
}

/**
 * What Google documents for calls that another model made.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const SKIP_VALIDATION = '"skip_thought_signature_validator"';

/** True for a signature that was made here of another provider's, which Google refuses. */
function isForeign(signature: unknown): boolean {
	return isForeignSignature(signature) || isSealed(signature);
}

/** The edits that take another provider's reasoning out of a conversation, and its signatures off what stays. */
function findHistoryEdits(body: JsonObject, { onDropped }: RequestChange): JsonEdit[] {
	const emptied = new Set<number>();
	const contents = Array.isArray(body['contents']) ? body['contents'] : [];
	const edits = contents.flatMap((content: unknown, index): JsonEdit[] => {
		const { parts } = toObject(content);
		if (!Array.isArray(parts)) return [];
		const leftOut = new Set<number>();
		const inner = parts.flatMap((member: unknown, at): JsonEdit[] => {
			const part = toObject(member);
			const name = ['thoughtSignature', 'thought_signature'].find((spelling) => isForeign(part[spelling]));
			if (name === undefined) return [];
			onDropped?.('reasoning');
			// streams end with a signature on an empty text, which says nothing without it
			if (part['thought'] === true || part['text'] === '') {
				leftOut.add(at);
				return [];
			}
			const path = ['contents', index, 'parts', at];
			const isCall = isObject(part['functionCall'] ?? part['function_call']);
			return [isCall ? replaceJsonValue([...path, name], SKIP_VALIDATION) : removeMembers(path, new Set([name]))];
		});
		if (leftOut.size === 0) return inner;
		if (leftOut.size < parts.length) return [...inner, removeMembers(['contents', index, 'parts'], leftOut)];
		emptied.add(index);
		return [];
	});
	return emptied.size === 0 ? edits : [...edits, removeMembers(['contents'], emptied)];
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
export function createGeminiFields(value: JsonObject): BodyFields {
	return new BodyFields(value, DIALECT);
}

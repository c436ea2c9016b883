import type { Conversation, RequiredCapability } from '../../contracts/index.ts';
import { type BodyFields, invalidField } from '../shared/body-fields.ts';
import type { WireRequest } from '../shared/caller-format.ts';
import { isForeignSignature } from '../shared/foreign-reasoning.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { geminiFields } from './spellings.ts';

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
	const seen: Parts = { needs: new Set(), isBound: body.take('cachedContent') !== undefined };
	const contents = body.objects('contents');
	if (contents.length === 0) throw invalidField('contents', body.take('contents'), 'a list with at least one content');
	for (const content of contents) {
		content.text('role');
		for (const part of objectsIn(content.list('parts'))) readPart(part, seen);
	}
	return { contents: contents.map(({ value }) => value), seen };
}

function isThinking(config: BodyFields | undefined): boolean {
	const thinking = config?.object('thinkingConfig');
	if (thinking === undefined) return false;
	const budget = thinking.number('thinkingBudget');
	return budget === undefined
		? thinking.flag('includeThoughts') === true || thinking.text('thinkingLevel') !== undefined
		: budget !== 0;
}

function isStructured(config: BodyFields | undefined): boolean {
	const schemas = [config?.take('responseSchema'), config?.take('responseJsonSchema')];
	return JSON_TYPES.has(config?.take('responseMimeType')) || schemas.some(isObject);
}

function modelOf(body: BodyFields, path: string | undefined): string {
	const model = path ?? body.needText('model');
	return model.startsWith('models/') ? model.slice('models/'.length) : model;
}

/** Reads what routing and money need of a request for content. @throws InvalidInputError naming the field's path */
export function readRequest(json: JsonObject, path: { model?: string; isStream?: boolean } = {}): WireRequest {
	const body = geminiFields(json);
	const model = modelOf(body, path.model);
	const { contents, seen } = readContents(body);
	const config = body.object('generationConfig');
	const tools = body.objects('tools').map(({ value }) => value);
	if (tools.length > 0) seen.needs.add('tools');
	if (isThinking(config)) seen.needs.add('thinking');
	if (isStructured(config)) seen.needs.add('structured-output');
	const system = body.take('systemInstruction');
	const conversation: Conversation = { contents };
	if (system !== undefined) conversation.system = system;
	if (tools.length > 0) conversation.tools = tools;
	return {
		model,
		isStream: path.isStream ?? false,
		conversation,
		maxOutputTokens: config?.count('maxOutputTokens') ?? null,
		requiredCapabilities: [...seen.needs],
		answers: Math.max(1, config?.count('candidateCount') ?? 1),
		wantsUsage: true,
		session: null,
		boundToModel: seen.isBound,
	};
}

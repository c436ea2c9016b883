import type {
	JSONValue,
	LanguageModelV4FilePart,
	LanguageModelV4Message,
	LanguageModelV4Prompt,
	LanguageModelV4ReasoningPart,
	LanguageModelV4ToolCallPart,
	LanguageModelV4ToolResultOutput,
	LanguageModelV4ToolResultPart,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { type BodyFields, invalidField } from '../shared/body-fields.ts';
import { guessMediaType, parseUrl } from '../shared/media.ts';
import { decodeForeignSignature } from '../shared/reasoning-seal.ts';

type UserPart = Extract<LanguageModelV4Message, { role: 'user' }>['content'][number];

function decodeUserPart(part: BodyFields, state: DecodingState): UserPart[] {
	const text = part.string('text');
	if (text !== undefined) return [{ type: 'text', text }];
	const file = decodeFile(part);
	if (file === null) state.dropped.push(part.path);
	return file === null ? [] : [file];
}

/** A user's turn: results of calls stand in messages of their own, in the order in which they came. */
function decodeUser(content: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	const messages: LanguageModelV4Message[] = [];
	for (const part of content.objects('parts')) {
		const last = messages.at(-1);
		const response = part.object('functionResponse');
		if (response !== undefined) {
			const result = decodeFunctionResponse(response, state);
			if (last?.role === 'tool') last.content.push(result);
			else messages.push({ role: 'tool', content: [result] });
			continue;
		}
		const decoded = decodeUserPart(part, state);
		if (last?.role === 'user') last.content.push(...decoded);
		else if (decoded.length > 0) messages.push({ role: 'user', content: decoded });
	}
	return messages;
}

function decodeContent(content: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	const role = content.string('role') ?? 'user';
	switch (role) {
		case 'user':
		case 'function':
			return decodeUser(content, state);
		case 'model': {
			const parts = content.objects('parts').flatMap((part) => decodeModelPart(part, state));
			return parts.length === 0 ? [] : [{ role: 'assistant', content: parts }];
		}
		default:
			throw invalidField(content.pathOf('role'), role, '"user" or "model"');
	}
}

function decodeSystem(body: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	if (typeof body.get('systemInstruction') === 'string') {
		return [{ role: 'system', content: body.requireString('systemInstruction') }];
	}
	const parts = body.object('systemInstruction')?.objects('parts') ?? [];
	return parts.flatMap((part) => {
		const text = part.string('text');
		if (text === undefined) state.dropped.push(part.path);
		return text === undefined ? [] : [{ role: 'system', content: text }];
	});
}

/** The conversation in the neutral form. @throws InvalidInputError naming the field's path */
export function decodeGeminiContents(body: BodyFields, dropped: string[]): LanguageModelV4Prompt {
	const state = new DecodingState(dropped);
	return [
		...decodeSystem(body, state),
		...body.objects('contents').flatMap((content) => decodeContent(content, state)),
	];
}

type ModelPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

/** Another provider's reasoning that came along with a part, and what is left of its signature. */
function readSignature(part: BodyFields): { reasoning: LanguageModelV4ReasoningPart[]; thoughtSignature?: string } {
	const signature = part.string('thoughtSignature');
	if (signature === undefined) return { reasoning: [] };
	const foreign = decodeForeignSignature(signature);
	if (foreign === null) return { reasoning: [], thoughtSignature: signature };
	return {
		reasoning: foreign.map(({ text, metadata }) => ({ type: 'reasoning', text, providerOptions: metadata })),
	};
}

function decodeCall(part: BodyFields, call: BodyFields, state: DecodingState): ModelPart[] {
	const { reasoning, thoughtSignature } = readSignature(part);
	const toolName = call.requireString('name');
	const decoded: LanguageModelV4ToolCallPart = {
		type: 'tool-call',
		toolCallId: state.called(toolName, call.string('id')),
		toolName,
		input: call.object('args')?.value ?? {},
		...toGoogleOptions({ thoughtSignature }),
	};
	return [...reasoning, decoded];
}

function decodeText(part: BodyFields, text: string): ModelPart[] {
	const { reasoning, thoughtSignature } = readSignature(part);
	const options = toGoogleOptions({ thoughtSignature });
	if (part.boolean('thought') === true) return [...reasoning, { type: 'reasoning', text, ...options }];
	return text === '' && thoughtSignature === undefined ? reasoning : [...reasoning, { type: 'text', text, ...options }];
}

function decodeModelFile(part: BodyFields, state: DecodingState): ModelPart[] {
	const file = decodeFile(part);
	if (file === null || file.data.type !== 'data') {
		// the neutral form has no place for an address in a model's own turn
		state.dropped.push(part.path);
		return [];
	}
	const isThought = part.boolean('thought') === true;
	return [isThought ? { ...file, type: 'reasoning-file', data: file.data } : file];
}

/** A part of a model's own turn; what cannot be carried is named in the state. */
function decodeModelPart(part: BodyFields, state: DecodingState): ModelPart[] {
	const text = part.string('text');
	if (text !== undefined) return decodeText(part, text);
	const call = part.object('functionCall');
	if (call !== undefined) return decodeCall(part, call, state);
	const code = part.object('executableCode');
	const executed = { toolName: 'code_execution', providerExecuted: true };
	if (code !== undefined) return [{ type: 'tool-call', toolCallId: state.ranCode(), input: code.value, ...executed }];
	const result = part.object('codeExecutionResult');
	if (result !== undefined) {
		// the value came out of the body's JSON
		const output = { type: 'json' as const, value: result.value as JSONValue };
		return [{ type: 'tool-result', toolCallId: state.lastCode, toolName: 'code_execution', output }];
	}
	return decodeModelFile(part, state);
}

function textOrJson(value: unknown, isError: boolean): LanguageModelV4ToolResultOutput {
	if (typeof value === 'string') return { type: isError ? 'error-text' : 'text', value };
	// the value came out of the body's JSON
	return { type: isError ? 'error-json' : 'json', value: value as JSONValue };
}

/** What a function returned. Google's convention: `output` holds the result, `error` what went wrong. */
function outputOf(response: JsonObject): LanguageModelV4ToolResultOutput {
	const [only, ...others] = Object.keys(response);
	if (only === undefined || others.length > 0) return textOrJson(response, false);
	if (only === 'error') return textOrJson(response[only], true);
	return textOrJson(only === 'output' || only === 'result' ? response[only] : response, false);
}

/** A `functionResponse`: the result of a call, with the files that came with it. */
function decodeFunctionResponse(response: BodyFields, state: DecodingState): LanguageModelV4ToolResultPart {
	const toolName = response.requireString('name');
	const toolCallId = state.answered(toolName, response.string('id'));
	const said = outputOf(response.object('response')?.value ?? {});
	const files = response.objects('parts').flatMap((part) => {
		const file = decodeFile(part);
		if (file === null) state.dropped.push(part.path);
		return file === null ? [] : [file];
	});
	state.dropped.push(...response.unreadPaths());
	if (files.length === 0) return { type: 'tool-result', toolCallId, toolName, output: said };
	const value = 'value' in said ? said.value : '';
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	return {
		type: 'tool-result',
		toolCallId,
		toolName,
		output: { type: 'content', value: [{ type: 'text', text }, ...files] },
	};
}

/** A part's file: its bytes or its place; `null` for a part without one. */
function decodeFile(part: BodyFields): LanguageModelV4FilePart | null {
	const options = toGoogleOptions({
		thoughtSignature: part.string('thoughtSignature'),
		videoMetadata: part.object('videoMetadata')?.value,
	});
	const inline = part.object('inlineData');
	if (inline !== undefined) {
		const name = inline.string('displayName');
		return {
			type: 'file',
			mediaType: inline.requireString('mimeType'),
			data: { type: 'data', data: inline.requireString('data') },
			...(name === undefined ? {} : { filename: name }),
			...options,
		};
	}
	const file = part.object('fileData');
	if (file === undefined) return null;
	const uri = file.requireString('fileUri');
	const url = parseUrl(uri, file.pathOf('fileUri'));
	return {
		type: 'file',
		mediaType: file.string('mimeType') ?? guessMediaType(url, 'application/octet-stream'),
		data: { type: 'url', url, ...(url.href === uri ? {} : { originalUrl: uri }) },
		...options,
	};
}

/**
 * What is known while contents are decoded: which calls wait for their result. Gemini's calls need no id; such a call
 * gets one, and the next result of that name without an id answers it.
 */
class DecodingState {
	readonly dropped: string[];
	readonly #waiting = new Map<string, string[]>();
	#calls = 0;
	#lastCode = '';

	constructor(dropped: string[]) {
		this.dropped = dropped;
	}

	/** The id of a call. */
	called(name: string, id: string | undefined): string {
		this.#calls += 1;
		const known = id ?? `call_${this.#calls}`;
		this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), known]);
		return known;
	}

	/** The id of the call that a result answers. */
	answered(name: string, id: string | undefined): string {
		const waiting = this.#waiting.get(name) ?? [];
		const known = id ?? waiting[0] ?? `call_of_${name}`;
		this.#waiting.set(
			name,
			waiting.filter((waits) => waits !== known),
		);
		return known;
	}

	/** The id for code that Google ran. */
	ranCode(): string {
		this.#calls += 1;
		this.#lastCode = `code_${this.#calls}`;
		return this.#lastCode;
	}

	/** The id of the code that gave the next result. */
	get lastCode(): string {
		return this.#lastCode;
	}
}

type GoogleOptions = SharedV4ProviderOptions[string];

/** Provider options for Google; nothing where there are none. */
export function toGoogleOptions(options: Readonly<Record<string, unknown>>): {
	providerOptions?: SharedV4ProviderOptions;
} {
	const said = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
	// everything in a body came out of JSON
	return said.length === 0 ? {} : { providerOptions: { google: Object.fromEntries(said) as GoogleOptions } };
}

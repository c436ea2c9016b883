import type {
	JSONValue,
	LanguageModelV4FilePart,
	LanguageModelV4Message,
	LanguageModelV4Prompt,
	LanguageModelV4ReasoningPart,
	LanguageModelV4ToolCallPart,
	LanguageModelV4ToolResultOutput,
	LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { type BodyFields, withoutUndefined } from '../shared/body-fields.ts';
import { placeFile } from '../shared/file-places.ts';
import { guessMediaType, readUrl } from '../shared/media.ts';
import { appendMessage, providerOptionsFor } from '../shared/neutral-form.ts';
import { decodeForeignSignature } from '../shared/reasoning-seal.ts';
import { describeToolResult, describeToolUse } from '../shared/tool-text.ts';

type UserPart = Extract<LanguageModelV4Message, { role: 'user' }>['content'][number];

/** The conversation in the neutral form. @throws InvalidInputError naming the field's path */
export function decodeGeminiContents(body: BodyFields, dropped: string[]): LanguageModelV4Prompt {
	const state = new DecodingState(dropped);
	return [
		...decodeSystem(body, state),
		...body.objects('contents').flatMap((content) => decodeContent(content, state)),
	];
}

function decodeSystem(body: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	const instruction = body.get('systemInstruction');
	if (typeof instruction === 'string') return [{ role: 'system', content: instruction }];
	const parts = body.object('systemInstruction')?.objects('parts') ?? [];
	return parts.flatMap((part) => {
		const text = part.string('text');
		if (text === undefined) state.dropped.push(part.path);
		return text === undefined ? [] : [{ role: 'system', content: text }];
	});
}

function decodeContent(content: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	switch (content.string('role') ?? 'user') {
		case 'user':
		case 'function':
			return decodeUser(content, state);
		case 'model': {
			const parts = content.objects('parts').flatMap((part) => decodeModelPart(part, state));
			return parts.length === 0 ? [] : [{ role: 'assistant', content: parts }];
		}
		default:
			throw content.invalid('role', '"user" or "model"');
	}
}

/** A user's turn: results of calls make messages of their own, in the order in which they came. */
function decodeUser(content: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	const messages: LanguageModelV4Message[] = [];
	for (const part of content.objects('parts')) {
		const response = part.object('functionResponse');
		if (response === undefined) appendMessage(messages, { role: 'user', content: decodeUserPart(part, state) });
		else appendMessage(messages, { role: 'tool', content: [decodeFunctionResponse(response, state)] });
	}
	return messages;
}

function decodeUserPart(part: BodyFields, state: DecodingState): UserPart[] {
	const text = part.string('text');
	return text === undefined ? decodeFiles([part], state) : [{ type: 'text', text }];
}

/** The files of parts; parts without one are dropped. */
function decodeFiles(parts: readonly BodyFields[], state: DecodingState): LanguageModelV4FilePart[] {
	return parts.flatMap((part) => {
		const file = decodeFile(part);
		if (file === null) state.dropped.push(part.path);
		return file ?? [];
	});
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
		toolCallId: state.addCall(toolName, call.string('id')),
		toolName,
		input: call.object('args')?.value ?? {},
		...providerOptionsFor('google', { thoughtSignature }),
	};
	return [...reasoning, decoded];
}

function decodeText(part: BodyFields, text: string): ModelPart[] {
	const { reasoning, thoughtSignature } = readSignature(part);
	const options = providerOptionsFor('google', { thoughtSignature });
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

/** A part of a model's own turn; what cannot be carried is dropped. */
function decodeModelPart(part: BodyFields, state: DecodingState): ModelPart[] {
	const text = part.string('text');
	if (text !== undefined) return decodeText(part, text);
	const call = part.object('functionCall');
	if (call !== undefined) return decodeCall(part, call, state);
	const code = part.object('executableCode');
	const executed = { toolName: 'code_execution', providerExecuted: true };
	if (code !== undefined)
		return [{ type: 'tool-call', toolCallId: state.addCodeRun(), input: code.value, ...executed }];
	const result = part.object('codeExecutionResult');
	if (result !== undefined) {
		// the value came out of the body's JSON
		const output = { type: 'json' as const, value: result.value as JSONValue };
		return [{ type: 'tool-result', toolCallId: state.lastCodeRun, toolName: 'code_execution', output }];
	}
	return decodeServerTool(part) ?? decodeModelFile(part, state);
}

/** The call or the result of a tool that Google ran, as text; `null` for any other part. */
function decodeServerTool(part: BodyFields): ModelPart[] | null {
	const call = part.object('toolCall');
	if (call !== undefined)
		return [{ type: 'text', text: describeToolUse(call.string('toolType') ?? 'tool', call.get('args')) }];
	const result = part.object('toolResponse');
	if (result === undefined) return null;
	return [{ type: 'text', text: describeToolResult(result.string('toolType') ?? 'tool', result.get('response')) }];
}

function textOrJson(value: unknown, isError: boolean): LanguageModelV4ToolResultOutput {
	if (typeof value === 'string') return { type: isError ? 'error-text' : 'text', value };
	// the value came out of the body's JSON
	return { type: isError ? 'error-json' : 'json', value: value as JSONValue };
}

/** What a function returned. Google's convention: `output` holds the result, `error` what went wrong. */
function decodeOutput(response: JsonObject): LanguageModelV4ToolResultOutput {
	const [only, ...others] = Object.keys(response);
	if (only === undefined || others.length > 0) return textOrJson(response, false);
	if (only === 'error') return textOrJson(response[only], true);
	return textOrJson(only === 'output' || only === 'result' ? response[only] : response, false);
}

/** A `functionResponse`: the result of a call, with the files that came with it. */
function decodeFunctionResponse(response: BodyFields, state: DecodingState): LanguageModelV4ToolResultPart {
	const toolName = response.requireString('name');
	const toolCallId = state.resolveCall(toolName, response.string('id'));
	const output = decodeOutput(response.object('response')?.value ?? {});
	const files = decodeFiles(response.objects('parts'), state);
	state.dropped.push(...response.unreadPaths());
	if (files.length === 0) return { type: 'tool-result', toolCallId, toolName, output };
	const value = 'value' in output ? output.value : '';
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	const content = { type: 'content' as const, value: [{ type: 'text' as const, text }, ...files] };
	return { type: 'tool-result', toolCallId, toolName, output: content };
}

/** A part's file: its bytes or its address; `null` for a part without one. */
function decodeFile(part: BodyFields): LanguageModelV4FilePart | null {
	const options = providerOptionsFor('google', {
		thoughtSignature: part.string('thoughtSignature'),
		videoMetadata: part.object('videoMetadata')?.value,
	});
	const inline = part.object('inlineData');
	if (inline !== undefined) {
		return {
			type: 'file',
			...placeFile(
				{
					mediaType: inline.requireString('mimeType'),
					data: { type: 'data', data: inline.requireString('data') },
				},
				inline,
			),
			...withoutUndefined({ filename: inline.string('displayName') }),
			...options,
		};
	}
	const file = part.object('fileData');
	if (file === undefined) return null;
	const uri = file.requireString('fileUri');
	const url = readUrl(file, 'fileUri');
	return {
		type: 'file',
		...placeFile(
			{
				mediaType: file.string('mimeType') ?? guessMediaType(url, 'application/octet-stream'),
				data: { type: 'url', url, ...(url.href === uri ? {} : { originalUrl: uri }) },
			},
			file,
		),
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
	#lastCodeRun = '';

	constructor(dropped: string[]) {
		this.dropped = dropped;
	}

	/** The id of a call. */
	addCall(name: string, id: string | undefined): string {
		this.#calls += 1;
		const callId = id ?? `call_${this.#calls}`;
		this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), callId]);
		return callId;
	}

	/** The id of the call that a result answers. */
	resolveCall(name: string, id: string | undefined): string {
		const waiting = this.#waiting.get(name) ?? [];
		const callId = id ?? waiting[0] ?? `call_of_${name}`;
		this.#waiting.set(
			name,
			waiting.filter((waitingId) => waitingId !== callId),
		);
		return callId;
	}

	/** The id of code that Google ran. */
	addCodeRun(): string {
		this.#calls += 1;
		this.#lastCodeRun = `code_${this.#calls}`;
		return this.#lastCodeRun;
	}

	/** The id of the code whose result comes next. */
	get lastCodeRun(): string {
		return this.#lastCodeRun;
	}
}

import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { type BodyFields, invalidField } from '../shared/body-fields.ts';
import { decodeFile } from './decode-files.ts';
import { decodeFunctionResponse } from './decode-function-response.ts';
import { decodeModelPart } from './decode-model-part.ts';
import { DecodingState } from './decode-state.ts';

type UserPart = Extract<LanguageModelV4Message, { role: 'user' }>['content'][number];

function decodeUserPart(part: BodyFields, state: DecodingState): UserPart[] {
	const text = part.text('text');
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
	const role = content.text('role') ?? 'user';
	switch (role) {
		case 'user':
		case 'function':
			return decodeUser(content, state);
		case 'model': {
			const parts = content.objects('parts').flatMap((part) => decodeModelPart(part, state));
			return parts.length === 0 ? [] : [{ role: 'assistant', content: parts }];
		}
		default:
			throw invalidField(content.at('role'), role, '"user" or "model"');
	}
}

function decodeSystem(body: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	if (typeof body.take('systemInstruction') === 'string') {
		return [{ role: 'system', content: body.needText('systemInstruction') }];
	}
	const parts = body.object('systemInstruction')?.objects('parts') ?? [];
	return parts.flatMap((part) => {
		const text = part.text('text');
		if (text === undefined) state.dropped.push(part.path);
		return text === undefined ? [] : [{ role: 'system', content: text }];
	});
}

/** The conversation in the neutral form. @throws InvalidInputError naming the field's path */
export function decodeContents(body: BodyFields, dropped: string[]): LanguageModelV4Prompt {
	const state = new DecodingState(dropped);
	return [
		...decodeSystem(body, state),
		...body.objects('contents').flatMap((content) => decodeContent(content, state)),
	];
}

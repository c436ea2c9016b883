import { base64Bytes, type Fields, fieldsOf, listOf, numberOf, stringsOf, textOf } from './json-fields.ts';
import { type Attachment, EMPTY_ASK, type SimulatedAsk } from './simulated-ask.ts';

function wordsIn(content: Fields): string {
	return listOf(content['parts'])
		.filter(({ thought }) => thought !== true)
		.map(({ text }) => textOf(text))
		.filter(Boolean)
		.join('\n');
}

function attachmentIn(part: Fields): Attachment[] {
	const { mimeType, data } = fieldsOf(part['inlineData']);
	if (typeof data === 'string') return [{ mediaType: textOf(mimeType), content: base64Bytes(data) }];
	const file = fieldsOf(part['fileData']);
	return typeof file['fileUri'] === 'string' ? [{ mediaType: textOf(file['mimeType']), content: file['fileUri'] }] : [];
}

function toolChoiceOf(config: Fields): SimulatedAsk['toolChoice'] {
	const { mode, allowedFunctionNames } = fieldsOf(config['functionCallingConfig']);
	if (mode === 'NONE') return 'none';
	if (mode !== 'ANY') return 'auto';
	const [only, another] = stringsOf(allowedFunctionNames);
	return only === undefined || another !== undefined ? 'required' : { name: only };
}

function schemaOf(generation: Fields): unknown {
	const schema = generation['responseJsonSchema'] ?? generation['responseSchema'];
	if (schema !== undefined) return schema;
	return generation['responseMimeType'] === 'application/json' ? true : null;
}

/** Reads a request of Gemini's generateContent. */
export function readGeminiAsk(body: Fields): SimulatedAsk {
	const contents = listOf(body['contents']);
	const parts = contents.flatMap((content) => listOf(content['parts']));
	const last = contents.at(-1) ?? {};
	const people = contents.filter(({ role }) => role !== 'model').map(wordsIn);
	const generation = fieldsOf(body['generationConfig']);
	const thinking = fieldsOf(generation['thinkingConfig']);
	return {
		...EMPTY_ASK,
		prompt: people.findLast((words) => words !== '') ?? '',
		tools: listOf(body['tools'])
			.flatMap((tool) => listOf(tool['functionDeclarations']))
			.map((tool) => ({ name: textOf(tool['name']), schema: tool['parametersJsonSchema'] ?? tool['parameters'] })),
		toolChoice: toolChoiceOf(fieldsOf(body['toolConfig'])),
		toolResults: listOf(last['parts']).flatMap(({ functionResponse }) =>
			functionResponse === undefined ? [] : [JSON.stringify(fieldsOf(functionResponse)['response'])],
		),
		schema: schemaOf(generation),
		attachments: parts.flatMap(attachmentIn),
		wantsReasoning: thinking['includeThoughts'] === true,
		reasoning: parts
			.filter(({ thoughtSignature }) => typeof thoughtSignature === 'string')
			.map((part) => ({ signature: textOf(part['thoughtSignature']), text: '' })),
		prefill: last['role'] === 'model' ? wordsIn(last) : null,
		maxTokens: numberOf(generation['maxOutputTokens']),
		stopSequences: stringsOf(generation['stopSequences']),
		answers: Math.min(numberOf(generation['candidateCount']) ?? 1, 8),
	};
}

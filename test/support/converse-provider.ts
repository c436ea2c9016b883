import { once } from 'node:events';
import { createServer } from 'node:http';
import { findModelRefusal } from '../../src/testing/simulator/find-model-refusal.ts';
import { isObject, type JsonObject } from '../../src/util/index.ts';

/** A server that takes requests of Bedrock's Converse for Claude, and answers with a 400 as strictly as Claude's own API does. */
export interface ConverseProvider {
	url: string;
	/** The bodies of its requests. */
	bodies: JsonObject[];
	close(): void;
}

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

const TOOL_IDS = /^[a-zA-Z0-9_.:-]{1,64}$/;
const TOOL_NAMES = /^[a-zA-Z0-9_-]{1,64}$/;

/** A block of Converse in the words of Anthropic's Messages. */
function toBlock(block: JsonObject): JsonObject {
	const { document, image, toolResult, toolUse } = block;
	if (isObject(toolUse)) return { type: 'tool_use', id: toolUse['toolUseId'], name: toolUse['name'], input: {} };
	if (isObject(toolResult)) {
		const content = listOf(toolResult['content']).map(toBlock);
		return { type: 'tool_result', tool_use_id: toolResult['toolUseId'], content };
	}
	if (isObject(image)) return { type: 'image', source: { type: 'base64', media_type: `image/${image['format']}` } };
	if (isObject(document)) return { type: 'document', source: { type: 'text' } };
	if (block['reasoningContent'] !== undefined) return { type: 'thinking' };
	return { type: 'text', text: block['text'] };
}

/** The request in the words of Anthropic's Messages: Bedrock hands it on to the model as such. */
function toMessages(body: JsonObject): JsonObject {
	const { maxTokens, stopSequences, temperature, topP } = objectOf(body['inferenceConfig']);
	const { tools, toolChoice } = objectOf(body['toolConfig']);
	const [choice] = Object.keys(objectOf(toolChoice));
	const settings = {
		...objectOf(body['additionalModelRequestFields']),
		max_tokens: maxTokens,
		temperature,
		top_p: topP,
		stop_sequences: stopSequences,
		tool_choice: choice === undefined ? undefined : { type: choice },
		system: listOf(body['system']).map(toBlock),
		messages: listOf(body['messages']).map(({ content, role }) => ({ role, content: listOf(content).map(toBlock) })),
		tools: listOf(tools).map(({ toolSpec }) => {
			const { inputSchema, name, strict } = objectOf(toolSpec);
			return { name, input_schema: objectOf(inputSchema)['json'], strict };
		}),
	};
	return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** What Converse itself refuses. Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (2026-11-29) */
function findConverseRefusal(body: JsonObject): string | null {
	const messages = listOf(body['messages']);
	const blocks = messages.flatMap(({ content }) => listOf(content));
	const uses = blocks.flatMap(({ toolResult, toolUse }) => [toolUse, toolResult].filter(isObject));
	const tools = listOf(objectOf(body['toolConfig'])['tools']);
	if (messages[0]?.['role'] !== 'user') return 'A conversation must start with a user message.';
	if (messages.some(({ content }) => listOf(content).length === 0)) return 'The content field is empty.';
	if (messages.some(({ role }, index) => index > 0 && role === messages[index - 1]?.['role']))
		return 'A conversation must alternate between user and assistant roles.';
	if (blocks.some(({ text }) => typeof text === 'string' && text.trim() === ''))
		return 'The text field in the ContentBlock object is blank.';
	if (uses.some(({ toolUseId }) => !TOOL_IDS.test(String(toolUseId)))) return 'toolUseId does not match the pattern.';
	if (tools.some(({ toolSpec }) => !TOOL_NAMES.test(String(objectOf(toolSpec)['name']))))
		return 'toolSpec.name does not match the pattern.';
	for (const [index, { content }] of messages.entries()) {
		const idsOf = (of: unknown, name: string) =>
			listOf(of).flatMap((block) => (isObject(block[name]) ? [String(block[name]['toolUseId'])] : []));
		const [calls, results] = [idsOf(content, 'toolUse'), idsOf(messages[index + 1]?.['content'], 'toolResult')];
		if (new Set(calls).size < calls.length) return 'toolUseId is not unique.';
		if (calls.sort().join() !== results.sort().join()) return `Expected toolResult blocks for the Ids: ${calls.join()}`;
	}
	return uses.length > 0 && tools.length === 0 ? 'The toolConfig field must be defined when using toolUse.' : null;
}

const ANSWER = {
	output: { message: { role: 'assistant', content: [{ text: 'Hello' }] } },
	stopReason: 'end_turn',
	usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13 },
};

/** Starts one on loopback. */
export async function startConverseProvider(): Promise<ConverseProvider> {
	const bodies: JsonObject[] = [];
	const server = createServer((request, response) => {
		let text = '';
		request.setEncoding('utf8').on('data', (piece: string) => {
			text += piece;
		});
		request.on('end', () => {
			const body: JsonObject = JSON.parse(text);
			bodies.push(body);
			const model = decodeURIComponent(/\/model\/([^/]+)\/converse$/.exec(request.url ?? '')?.[1] ?? '');
			const message = findConverseRefusal(body) ?? findModelRefusal('anthropic-messages', model, toMessages(body));
			const answer = message === null ? ANSWER : { message };
			response.writeHead(message === null ? 200 : 400, { 'content-type': 'application/json' });
			response.end(JSON.stringify(answer));
		});
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const address = server.address();
	const port = typeof address === 'object' ? address?.port : undefined;
	return { url: `http://127.0.0.1:${port}`, bodies, close: () => server.close().closeAllConnections() };
}

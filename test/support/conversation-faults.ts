import { isObject, type JsonObject } from '../../src/util/index.ts';

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Every text member of a value by its name, wherever it stands. */
function textsOf(value: unknown, name: string): string[] {
	if (Array.isArray(value)) return value.flatMap((member) => textsOf(member, name));
	if (!isObject(value)) return [];
	return Object.entries(value).flatMap(([key, member]) =>
		key === name && typeof member === 'string' ? [member] : textsOf(member, name),
	);
}

/** The faults of calls and results: each call is answered, directly and once, by an id that the provider takes. */
function findPairFaults(calls: string[], results: string[], pattern: RegExp): string[] {
	return [
		...calls.filter((id) => !pattern.test(id)).map((id) => `the id ${id} is refused`),
		...(new Set(calls).size === calls.length ? [] : ['an id stands for several calls']),
		...(calls.join() === results.join() ? [] : [`calls ${calls.join()} are answered by ${results.join()}`]),
	];
}

function findMessageFaults({ messages, thinking }: JsonObject): string[] {
	const list = listOf(messages);
	const blocks = list.map(({ content }) => listOf(content));
	const faults = blocks.flatMap((content, index) => {
		const calls = content.flatMap(({ type, id }) => (type === 'tool_use' ? [String(id)] : []));
		const next = blocks[index + 1] ?? [];
		const results = next.flatMap(({ type, tool_use_id: id }) => (type === 'tool_result' ? [String(id)] : []));
		const first = next.slice(0, results.length).every(({ type }) => type === 'tool_result');
		return [
			...findPairFaults(calls, list[index]?.['role'] === 'assistant' ? results : calls, /^[a-zA-Z0-9_-]{1,64}$/),
			...(first ? [] : ['results stand behind something else']),
		];
	});
	const hosted = blocks.flat().filter(({ type }) => type === 'server_tool_use' || type === 'web_search_tool_result');
	if (hosted.some((block) => !String(block['id'] ?? block['tool_use_id']).startsWith('srvtoolu_')))
		faults.push('a hosted tool has an id that is not Anthropic’s');
	if (hosted.length % 2 === 1) faults.push('a hosted tool has no result');
	// without interleaved thinking the model thinks once in a turn, however often it calls
	const isAsking = ({ role, content }: JsonObject) =>
		role === 'user' && !listOf(content).some(({ type }) => type === 'tool_result');
	const turn = list.slice(list.findLastIndex(isAsking) + 1);
	const began = listOf(turn.find(({ role }) => role === 'assistant')?.['content']);
	const isThinking = isObject(thinking) && thinking['type'] === 'enabled';
	const calls = began.some(({ type }) => type === 'tool_use');
	if (isThinking && calls && !String(began[0]?.['type']).includes('thinking'))
		faults.push('a turn that thinks began without thinking');
	return faults;
}

function findItemFaults({ input }: JsonObject): string[] {
	const items = listOf(input);
	const calls = items.flatMap(({ type, call_id: id }) => (type === 'function_call' ? [String(id)] : []));
	const results = items.flatMap(({ type, call_id: id }) => (type === 'function_call_output' ? [String(id)] : []));
	return findPairFaults(calls, results, /^.{1,64}$/);
}

function findChatFaults({ messages, model }: JsonObject): string[] {
	const list = listOf(messages);
	const calls = list.flatMap((message) => listOf(message['tool_calls']).map(({ id }) => String(id)));
	const results = list.flatMap(({ role, tool_call_id: id }) => (role === 'tool' ? [String(id)] : []));
	const isImageText = list.some(({ content, role }) => role === 'tool' && String(content).includes('iVBORw0KGgo'));
	// servers of other companies take any id, and give one to several calls themselves
	const faults = findPairFaults(calls, results, /^.{1,40}$/);
	const refused = String(model).startsWith('gpt-') ? faults : faults.filter((fault) => fault.includes('answered by'));
	return [...refused, ...(isImageText ? ['a picture is sent as text'] : [])];
}

function findContentFaults({ contents }: JsonObject): string[] {
	const parts = listOf(contents).map((content) => listOf(content['parts']));
	return parts.flatMap((content, index) => {
		const calls = content.filter(({ functionCall }) => functionCall !== undefined).length;
		const results = (parts[index + 1] ?? []).filter(({ functionResponse }) => functionResponse !== undefined).length;
		return [
			...(calls > 0 && calls !== results ? [`${calls} calls have ${results} responses`] : []),
			...(content.length === 0 ? ['a content has no parts'] : []),
		];
	});
}

const FAULTS: readonly (readonly [RegExp, (body: JsonObject) => string[]])[] = [
	[/\/messages$/, findMessageFaults],
	[/\/responses$/, findItemFaults],
	[/\/chat\/completions$/, findChatFaults],
	[/[gG]enerateContent/, findContentFaults],
];

/** The signatures in a request. */
export function listSignatures(body: unknown): string[] {
	return ['signature', 'encrypted_content', 'thoughtSignature', 'thought_signature'].flatMap((name) =>
		textsOf(body, name),
	);
}

/** The texts of a request; Gemini’s own streams end with a signature on an empty text, which goes back with it. */
function listTexts({ contents, input, messages }: JsonObject): string[] {
	const parts = listOf(contents).flatMap((content) => listOf(content['parts']));
	return textsOf(messages ?? input ?? parts.filter((part) => !part['thoughtSignature']), 'text');
}

/** What a provider refuses in a conversation, whatever the model: pairs of calls and results, empty texts, beginnings. */
export function findConversationFaults(path: string, body: JsonObject): string[] {
	const faults = FAULTS.find(([pattern]) => pattern.test(path.split('?')[0] ?? ''))?.[1](body) ?? ['no such path'];
	// OpenAI's formats take empty texts
	const isRefused = /\/messages|[gG]enerateContent/.test(path) && listTexts(body).includes('');
	return isRefused ? [...faults, 'a text is empty'] : faults;
}

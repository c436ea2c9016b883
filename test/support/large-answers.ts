/** How a format writes an answer of one text: whole, and as the events of a stream. */
interface AnswerWriter {
	whole(quoted: string): string;
	events(quoted: string): string[];
}

const ANTHROPIC_START = '{"id":"msg_1","type":"message","role":"assistant","model":"m","stop_sequence":null';
const RESPONSE = '"id":"resp_1","object":"response","created_at":1,"model":"m","incomplete_details":null,"error":null';
const ITEM = '"type":"message","id":"m1","role":"assistant"';
const CHAT = '"id":"c","created":1,"model":"m"';
const CHAT_USAGE = '"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}';
const RESPONSE_USAGE = '"usage":{"input_tokens":10,"output_tokens":2,"total_tokens":12}';
const GEMINI_USAGE = '"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":2,"totalTokenCount":12}';

/** The formats of providers, by a part of the path that is asked. */
const ANSWER_WRITERS: Readonly<Record<string, AnswerWriter>> = {
	'/messages': {
		whole: (quoted) =>
			`${ANTHROPIC_START},"content":[{"type":"text","text":${quoted}}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":2}}`,
		events: (quoted) => [
			`{"type":"message_start","message":${ANTHROPIC_START},"content":[],"stop_reason":null,"usage":{"input_tokens":10,"output_tokens":1}}}`,
			'{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${quoted}}}`,
			'{"type":"content_block_stop","index":0}',
			'{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}',
			'{"type":"message_stop"}',
		],
	},
	'/responses': {
		whole: (quoted) =>
			`{${RESPONSE},"status":"completed","output":[{${ITEM},"status":"completed","content":[{"type":"output_text","text":${quoted},"annotations":[]}]}],${RESPONSE_USAGE}}`,
		events: (quoted) => [
			`{"type":"response.created","sequence_number":0,"response":{${RESPONSE},"status":"in_progress","output":[]}}`,
			`{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{${ITEM},"status":"in_progress","content":[]}}`,
			`{"type":"response.output_text.delta","sequence_number":2,"item_id":"m1","output_index":0,"content_index":0,"delta":${quoted}}`,
			`{"type":"response.output_item.done","sequence_number":3,"output_index":0,"item":{${ITEM},"status":"completed","content":[{"type":"output_text","text":"ok","annotations":[]}]}}`,
			`{"type":"response.completed","sequence_number":4,"response":{${RESPONSE},"status":"completed","output":[],${RESPONSE_USAGE}}}`,
		],
	},
	'/chat/completions': {
		whole: (quoted) =>
			`{${CHAT},"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":${quoted}},"finish_reason":"stop"}],${CHAT_USAGE}}`,
		events: (quoted) => [
			`{${CHAT},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":${quoted}},"finish_reason":null}]}`,
			`{${CHAT},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],${CHAT_USAGE}}`,
			'[DONE]',
		],
	},
	enerateContent: {
		whole: (quoted) =>
			`{"candidates":[{"content":{"role":"model","parts":[{"text":${quoted}}]},"finishReason":"STOP"}],${GEMINI_USAGE}}`,
		events: (quoted) => [
			`{"candidates":[{"content":{"role":"model","parts":[{"text":${quoted}}]},"finishReason":"STOP"}],${GEMINI_USAGE}}`,
		],
	},
};

const MIB = 1024 * 1024;
const fill = (part: string, bytes: number) => part.repeat(Math.floor(bytes / part.length));

type TextWriter = (bytes: number) => string;

/** Texts of a size, as they stand in JSON, that take long to decode, to search or to parse. */
export const LARGE_TEXTS: Readonly<Record<'words' | 'an image' | 'characters of three bytes' | 'escapes', TextWriter>> =
	{
		words: (bytes) => `"${fill('word ', bytes)}"`,
		'an image': (bytes) => `"data:image/png;base64,${fill('iVBORw0KGgoAAAANSUhEUgAA', bytes)}"`,
		'characters of three bytes': (bytes) => `"${fill('中', bytes / 3)}"`,
		escapes: (bytes) => `"${fill('\\"\\n', bytes)}"`,
	};

/** An answer of a provider as it is sent. */
export function writeAnswer(url: string, isStream: boolean, quoted: string): string {
	const [, writer] = Object.entries(ANSWER_WRITERS).find(([path]) => url.includes(path)) ?? [];
	if (writer === undefined) throw new RangeError(`No format is asked at ${url}.`);
	return isStream
		? writer
				.events(quoted)
				.map((data) => `data: ${data}\n\n`)
				.join('')
		: writer.whole(quoted);
}

/** Bytes of one text in an answer. */
export const ANSWER_BYTES: number = 15 * MIB;

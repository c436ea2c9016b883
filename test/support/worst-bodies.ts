/** How a format writes what a body is made of. */
interface BodyWriter {
	path: string;
	/** A model of the format's own provider, and one that another provider serves. */
	models: { own: string; other: string };
	body(model: string, messages: string, tools: string): string;
	message(parts: string): string;
	text(quoted: string): string;
	image(data: string): string;
	tool(name: string, schema: string): string;
	/** Messages of a call of the tool `t` and its result; `input`: a JSON object. */
	turn(id: string, input: string): string;
}

const withTools = (tools: string) => (tools === '' ? '' : `,"tools":[${tools}]`);

/** The formats of callers. */
export const BODY_WRITERS: Readonly<Record<string, BodyWriter>> = {
	'anthropic-messages': {
		path: '/v1/messages',
		models: { own: 'haiku', other: 'gpt-5-mini' },
		body: (model, messages, tools) =>
			`{"model":"${model}","max_tokens":50,"messages":[${messages}]${withTools(tools)},"metadata":{}}`,
		message: (parts) => `{"role":"user","content":[${parts}]}`,
		text: (quoted) => `{"type":"text","text":${quoted}}`,
		image: (data) => `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"${data}"}}`,
		tool: (name, schema) => `{"name":"${name}","input_schema":${schema}}`,
		turn: (id, input) =>
			`{"role":"assistant","content":[{"type":"tool_use","id":"${id}","name":"t","input":${input}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"${id}","content":"r"}]}`,
	},
	'openai-chat': {
		path: '/v1/chat/completions',
		models: { own: 'gpt-5-mini', other: 'haiku' },
		body: (model, messages, tools) => `{"model":"${model}","messages":[${messages}]${withTools(tools)}}`,
		message: (parts) => `{"role":"user","content":[${parts}]}`,
		text: (quoted) => `{"type":"text","text":${quoted}}`,
		image: (data) => `{"type":"image_url","image_url":{"url":"data:image/png;base64,${data}"}}`,
		tool: (name, schema) => `{"type":"function","function":{"name":"${name}","parameters":${schema}}}`,
		turn: (id, input) =>
			`{"role":"assistant","tool_calls":[{"id":"${id}","type":"function","function":{"name":"t","arguments":${JSON.stringify(input)}}}]},{"role":"tool","tool_call_id":"${id}","content":"r"}`,
	},
	'openai-responses': {
		path: '/v1/responses',
		models: { own: 'gpt-5-mini', other: 'haiku' },
		body: (model, messages, tools) => `{"model":"${model}","input":[${messages}]${withTools(tools)}}`,
		message: (parts) => `{"type":"message","role":"user","content":[${parts}]}`,
		text: (quoted) => `{"type":"input_text","text":${quoted}}`,
		image: (data) => `{"type":"input_image","image_url":"data:image/png;base64,${data}"}`,
		tool: (name, schema) => `{"type":"function","name":"${name}","parameters":${schema},"strict":false}`,
		turn: (id, input) =>
			`{"type":"function_call","call_id":"${id}","name":"t","arguments":${JSON.stringify(input)}},{"type":"function_call_output","call_id":"${id}","output":"r"}`,
	},
	gemini: {
		path: '/v1beta/models/MODEL:generateContent',
		models: { own: 'gemini-2.5-flash', other: 'haiku' },
		body: (_model, messages, tools) =>
			`{"contents":[${messages}]${tools === '' ? '' : `,"tools":[{"functionDeclarations":[${tools}]}]`}}`,
		message: (parts) => `{"role":"user","parts":[${parts}]}`,
		text: (quoted) => `{"text":${quoted}}`,
		image: (data) => `{"inlineData":{"mimeType":"image/png","data":"${data}"}}`,
		tool: (name, schema) => `{"name":"${name}","parameters":${schema}}`,
		turn: (id, input) =>
			`{"role":"model","parts":[{"functionCall":{"id":"${id}","name":"t","args":${input}}}]},{"role":"user","parts":[{"functionResponse":{"id":"${id}","name":"t","response":{"r":1}}}]}`,
	},
};

/** Names that a body may have by default, but for the few of its frame. */
const NAMES = 29_000;
const MESSAGES = 5_500;
const MIB = 1024 * 1024;

const list = (count: number, write: (index: number) => string) =>
	Array.from({ length: count }, (_, at) => write(at)).join();
const fill = (part: string, bytes: number) => part.repeat(Math.floor(bytes / part.length));
const schemaOf = (members: string) => `{"type":"object","properties":{${members}}}`;

type Shape = (writer: BodyWriter, model: string, bytes: number) => string;

/** One message beside what is large. */
const withTool =
	(schema: string): Shape =>
	(w, model) =>
		w.body(model, w.message(w.text('"hi"')), w.tool('t', schema));

/** A conversation with what is large in calls of a tool. */
const withCalls =
	(calls: (writer: BodyWriter, bytes: number) => string): Shape =>
	(w, model, bytes) =>
		w.body(model, `${w.message(w.text('"hi"'))},${calls(w, bytes)}`, w.tool('t', '{"type":"object"}'));

/** The dearest bodies that are accepted; `bytes` are those of what is one string. */
export const WORST_SHAPES: Readonly<Record<string, Shape>> = {
	'one image': (w, model, bytes) =>
		w.body(model, w.message(`${w.image(fill('iVBORw0KGgoAAAANSUhEUgAA', bytes))},${w.text('"what is it"')}`), ''),
	'a hundred images': (w, model, bytes) =>
		w.body(model, w.message(list(100, () => w.image(fill('iVBORw0KGgoAAAANSUhEUgAA', bytes / 100)))), ''),
	'one text that no window holds': (w, model, bytes) =>
		w.body(model, w.message(w.text(`"${fill('word ', bytes)}"`)), ''),
	'one text of escapes': (w, model) => w.body(model, w.message(w.text(`"${fill('\\"', 4 * MIB)}"`)), ''),
	'one text with an escape a line': (w, model) =>
		w.body(model, w.message(w.text(`"${fill(`${'x'.repeat(60)}\\"`, 11.5 * MIB)}"`)), ''),
	'one text of control characters': (w, model) =>
		w.body(model, w.message(w.text(`"${fill('\\u0001', 11.5 * MIB)}"`)), ''),
	'an image of white space': (w, model, bytes) =>
		w.body(model, w.message(`${w.image(fill('    ', bytes))},${w.text('"what is it"')}`), ''),
	'thousands of messages': (w, model) =>
		w.body(
			model,
			list(MESSAGES, () => w.message(w.text('"x"'))),
			'',
		),
	'one message of parts': (w, model) =>
		w.body(model, w.message(list(Math.floor(NAMES / 2.1), () => w.text('"x"'))), ''),
	'thousands of tools': (w, model) =>
		w.body(
			model,
			w.message(w.text('"hi"')),
			list(NAMES / 7, (at) => w.tool(`t${at}`, '{"type":"object"}')),
		),
	'one tool of many properties': withTool(schemaOf(list(NAMES / 2.1, (at) => `"p${at}":{"type":"string"}`))),
	'objects with names of their own': withTool(`{"type":"object","enum":[${list(NAMES - 20, (at) => `{"k${at}":1}`)}]}`),
	numbers: withTool(`{"type":"object","enum":[${list(499_000, () => '1')}]}`),
	'different words': withTool(`{"type":"object","enum":[${list(99_000, (at) => `"${at.toString(36)}"`)}]}`),
	'one exact number among words': withTool(
		`{"type":"object","enum":[${list(98_000, (at) => `"${at.toString(36)}"`)},12345678901234567890]}`,
	),
	'one exact number among names': withTool(
		`{"type":"object","enum":[${list(NAMES - 20, (at) => `{"k${at}":1}`)},12345678901234567890]}`,
	),
	'exact numbers': withTool(`{"type":"object","enum":[${list(150_000, (at) => `1234567890.123456${at % 1000}`)}]}`),
	'one number of megabytes': withTool(`{"type":"object","enum":[${'1'.repeat(2.9 * MIB)}]}`),
	'a call with many names': withCalls((w) => w.turn('call_1', `{"a":[${list(NAMES - 20, (at) => `{"k${at}":1}`)}]}`)),
	'a call with many words': withCalls((w) =>
		w.turn('call_1', `{"a":[${list(98_000, (at) => `"${at.toString(36)}"`)}]}`),
	),
	'a call with a long text': withCalls((w, bytes) => w.turn('call_1', `{"a":"${fill('word ', bytes - MIB)}"}`)),
	'calls of one id': withCalls((w) => list(NAMES / 14, () => w.turn('call_1', '{}'))),
	nesting: withTool(`{"type":"object","enum":[${list(1090, () => `${'['.repeat(90)}${']'.repeat(90)}`)}]}`),
};

/** The dearest of them where something has changed, by kind: one long string, many small messages, many names, many values. */
export const QUICK_SHAPES: ReadonlySet<string> = new Set([
	'one image',
	'thousands of messages',
	'objects with names of their own',
	'different words',
	'one exact number among names',
	'a call with many names',
]);

/** Not served within the limit where they are passed through: their digits are read once for each level of a change (`SECURITY.md`). */
export const TRANSLATED_SHAPES: ReadonlySet<string> = new Set(['exact numbers', 'one number of megabytes']);

/** The megabytes of a string in a body that is passed through, and in one that is translated. */
export const STRING_BYTES: { own: number; other: number } = { own: 30 * MIB, other: 11 * MIB };

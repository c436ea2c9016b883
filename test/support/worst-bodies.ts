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
	},
	'openai-chat': {
		path: '/v1/chat/completions',
		models: { own: 'gpt-5-mini', other: 'haiku' },
		body: (model, messages, tools) => `{"model":"${model}","messages":[${messages}]${withTools(tools)}}`,
		message: (parts) => `{"role":"user","content":[${parts}]}`,
		text: (quoted) => `{"type":"text","text":${quoted}}`,
		image: (data) => `{"type":"image_url","image_url":{"url":"data:image/png;base64,${data}"}}`,
		tool: (name, schema) => `{"type":"function","function":{"name":"${name}","parameters":${schema}}}`,
	},
	'openai-responses': {
		path: '/v1/responses',
		models: { own: 'gpt-5-mini', other: 'haiku' },
		body: (model, messages, tools) => `{"model":"${model}","input":[${messages}]${withTools(tools)}}`,
		message: (parts) => `{"type":"message","role":"user","content":[${parts}]}`,
		text: (quoted) => `{"type":"input_text","text":${quoted}}`,
		image: (data) => `{"type":"input_image","image_url":"data:image/png;base64,${data}"}`,
		tool: (name, schema) => `{"type":"function","name":"${name}","parameters":${schema},"strict":false}`,
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

/** The dearest bodies that are accepted; `bytes` are those of what is one string. */
export const WORST_SHAPES: Readonly<Record<string, Shape>> = {
	'one image': (w, model, bytes) =>
		w.body(model, w.message(`${w.image(fill('iVBORw0KGgoAAAANSUhEUgAA', bytes))},${w.text('"what is it"')}`), ''),
	'a hundred images': (w, model, bytes) =>
		w.body(model, w.message(list(100, () => w.image(fill('iVBORw0KGgoAAAANSUhEUgAA', bytes / 100)))), ''),
	'one text that no window holds': (w, model, bytes) =>
		w.body(model, w.message(w.text(`"${fill('word ', bytes)}"`)), ''),
	'one text of escapes': (w, model) => w.body(model, w.message(w.text(`"${fill('\\"', 8 * MIB)}"`)), ''),
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
	nesting: withTool(`{"type":"object","enum":[${list(1090, () => `${'['.repeat(90)}${']'.repeat(90)}`)}]}`),
};

/** The dearest of them where something has changed, by kind: one long string, many small messages, many names, many values. */
export const QUICK_SHAPES: ReadonlySet<string> = new Set([
	'one image',
	'thousands of messages',
	'objects with names of their own',
	'different words',
]);

/** The megabytes of a string in a body that is passed through, and in one that is translated. */
export const STRING_BYTES: { own: number; other: number } = { own: 30 * MIB, other: 11 * MIB };

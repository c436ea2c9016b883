import { describe, expect, it } from 'vitest';
import type { WireFormatName } from '../contracts/index.ts';
import { CALLER_FORMATS } from './caller-formats.ts';
import { JsonText } from './shared/json-splice.ts';
import { encodeForeignSignature, sealMetadata } from './shared/reasoning-seal.ts';
import { getToolIdRule } from './shared/tool-ids.ts';

const SEALED = sealMetadata({ google: { thoughtSignature: 'R' } });
const UNSIGNED = sealMetadata(undefined);
const FOREIGN = encodeForeignSignature([{ text: 'hm', metadata: { anthropic: { signature: 'S' } } }]);

/** What is sent of a body whose model stays the same. */
function send(format: WireFormatName, text: string, isCompatible = true): string {
	const toolIds = getToolIdRule(format, { isCompatible, modelId: 'm' });
	return CALLER_FORMATS[format]
		.spliceRequest(JsonText.from(text), JSON.parse(text), { model: 'm', toolIds })
		.toString();
}

const anthropic = (messages: string) => `{"model":"m","max_tokens":9,"messages": [ ${messages} ]}`;
const THINKING = (signature: string) => `{"type":"thinking","thinking":"hm","signature":"${signature}"}`;

describe('a provider that checks signatures never sees one that another model made, so that the session goes on', () => {
	it.each([
		['sealed', SEALED],
		['sealed, of a model that signs nothing', UNSIGNED],
		['missing', ''],
	])('Anthropic: %s; every other byte stays', (_what, signature) => {
		const text = anthropic(
			`{"role":"assistant","content":[ ${THINKING(signature)} , {"type":"text","text":"caf\\u00e9 1.0"} ]},{"role":"user","content":"b"}`,
		);
		expect(send('anthropic-messages', text)).toBe(
			anthropic(
				'{"role":"assistant","content":[ {"type":"text","text":"caf\\u00e9 1.0"} ]},{"role":"user","content":"b"}',
			),
		);
	});

	it('Anthropic: the search of another provider is told in words, its own stays', () => {
		const search = (id: string) =>
			`{"type":"server_tool_use","id":"${id}","name":"web_search","input":{"query":"x"}},{"type":"web_search_tool_result","tool_use_id":"${id}","content":[{"type":"web_search_result","url":"https://a.org","title":"t","encrypted_content":""}]}`;
		const own = anthropic(`{"role":"assistant","content":[${search('srvtoolu_1')}]}`);
		expect(send('anthropic-messages', own)).toBe(own);
		expect(send('anthropic-messages', anthropic(`{"role":"assistant","content":[${search('ws_1')}]}`))).toBe(
			anthropic(
				'{"role":"assistant","content":[{"type":"text","text":"Used the tool web_search with {\\"query\\":\\"x\\"}"},{"type":"text","text":"The tool web_search returned:\\n- t: https://a.org"}]}',
			),
		);
	});

	it('Anthropic: what it did at an MCP server stays too, the use and its result', () => {
		const echo = (id: string) =>
			`{"type":"mcp_tool_use","id":"${id}","name":"echo","server_name":"s","input":{}},{"type":"mcp_tool_result","tool_use_id":"${id}","is_error":false,"content":[{"type":"text","text":"x"}]}`;
		const own = anthropic(`{"role":"assistant","content":[${echo('mcptoolu_1')}]}`);
		expect(send('anthropic-messages', own)).toBe(own);
		const told = send('anthropic-messages', anthropic(`{"role":"assistant","content":[${echo('mcp_1')}]}`));
		expect(told).toContain('Used the tool echo');
		expect(told).not.toMatch(/mcp_tool_(?:use|result)/);
	});

	it('Anthropic: its own thinking stays as it came, and a message of foreign thinking alone goes', () => {
		const own = anthropic(`{"role":"assistant","content":[${THINKING('EqQB')}]}`);
		expect(send('anthropic-messages', own)).toBe(own);
		const text = anthropic(
			`{"role":"user","content":"a"}, {"role":"assistant","content":[${THINKING(UNSIGNED)}]}, {"role":"user","content":"b"}`,
		);
		expect(send('anthropic-messages', text)).toBe(
			anthropic('{"role":"user","content":"a"}, {"role":"user","content":"b"}'),
		);
	});

	it('OpenAI Responses: sealed reasoning goes, what OpenAI encrypted stays', () => {
		const reasoning = (content: string) => `{"type":"reasoning","summary":[],"encrypted_content":"${content}"}`;
		const body = (items: string) => `{"model":"m","input":[${items}]}`;
		expect(send('openai-responses', body(`${reasoning(SEALED)},${reasoning('gAAA')},${reasoning(UNSIGNED)}`))).toBe(
			body(reasoning('gAAA')),
		);
	});

	it('Chat Completions: members that were made here go with their commas', () => {
		const text = `{"model":"m","messages":[{"role":"assistant","reasoning_content":"hm","content":"x","reasoning_details":[{"signature":"${UNSIGNED}"}],"tool_calls":[{"id":"a","type":"function","extra_content":{"switchyard":"${SEALED}"}}]}]}`;
		expect(send('openai-chat', text)).toBe(
			'{"model":"m","messages":[{"role":"assistant","content":"x","tool_calls":[{"id":"a","type":"function"}]}]}',
		);
		const own = '{"model":"m","messages":[{"role":"assistant","reasoning_content":"hm","content":"x"}]}';
		expect(send('openai-chat', own)).toBe(own);
	});

	it('Gemini: an empty text that only held a foreign signature goes: Google refuses one that is empty', () => {
		const text = `{"contents":[{"role":"model","parts":[{"text":"so"},{"text":"","thoughtSignature":"${FOREIGN}"}]}]}`;
		expect(send('gemini', text)).toBe('{"contents":[{"role":"model","parts":[{"text":"so"}]}]}');
	});

	it('Gemini: a foreign thought goes, a call of another model says so in Google’s word', () => {
		const text = `{"contents":[{"role":"model","parts":[{"thought":true,"text":"hm","thoughtSignature":"${FOREIGN}"},{"functionCall":{"name":"f","args":{"n":12345678901234567890}},"thoughtSignature":"${FOREIGN}"}]}]}`;
		expect(send('gemini', text)).toBe(
			'{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890}},"thoughtSignature":"skip_thought_signature_validator"}]}]}',
		);
	});
});

describe('what another provider made and this one is not sent is named, so that the loss is seen', () => {
	const search = (id: string) =>
		`{"type":"server_tool_use","id":"${id}","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"${id}","content":[]}`;
	it.each<[WireFormatName, string, string[]]>([
		['anthropic-messages', anthropic(`{"role":"assistant","content":[${THINKING(SEALED)}]}`), ['reasoning']],
		['anthropic-messages', anthropic(`{"role":"assistant","content":[${THINKING('EqQB')}]}`), []],
		[
			'anthropic-messages',
			anthropic(`{"role":"assistant","content":[${search('ws_1')},${search('srvtoolu_1')}]}`),
			['server_tool_use', 'web_search_tool_result'],
		],
		['openai-responses', `{"model":"m","input":[{"type":"reasoning","encrypted_content":"${SEALED}"}]}`, ['reasoning']],
		['openai-responses', '{"model":"m","input":[{"type":"reasoning","encrypted_content":"gAAA"}]}', []],
		[
			'openai-chat',
			`{"model":"m","messages":[{"role":"assistant","reasoning_content":"hm","reasoning_details":[{"signature":"${SEALED}"}]}]}`,
			['reasoning'],
		],
		[
			'gemini',
			`{"contents":[{"role":"model","parts":[{"thought":true,"text":"hm","thoughtSignature":"${FOREIGN}"}]}]}`,
			['reasoning'],
		],
	])('%s: %s', (format, text, expected) => {
		const named: string[] = [];
		const onDropped = (name: string) => named.push(name);
		CALLER_FORMATS[format].spliceRequest(JsonText.from(text), JSON.parse(text), { model: 'm', onDropped });
		expect(named).toEqual(expected);
	});
});

describe('ids of tool calls that a provider refuses are replaced in calls and results alike', () => {
	const idsIn = (text: string) =>
		[...text.matchAll(/"(?:id|tool_use_id|call_id|tool_call_id)":"([^"]*)"/g)].map(([, id]) => id);
	const long = `toolu_${'x'.repeat(70)}`;

	it.each(['functions.Bash:0', '', 'ü', long])('Anthropic: %j', (id) => {
		const text = anthropic(
			`{"role":"assistant","content":[{"type":"tool_use","id":"${id}","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"${id}"}]}`,
		);
		const [call, result] = idsIn(send('anthropic-messages', text));
		expect(call).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
		expect(result).toBe(call);
	});

	it('OpenAI: by length, in the limits of each of its APIs', () => {
		const items = `{"model":"m","input":[{"type":"function_call","call_id":"${long}"},{"type":"function_call_output","call_id":"${long}"}]}`;
		const [call, result] = idsIn(send('openai-responses', items));
		expect(call?.length).toBeLessThanOrEqual(64);
		expect(result).toBe(call);
		const messages = `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"${long}"}]},{"role":"tool","tool_call_id":"${long}"}]}`;
		const sent = idsIn(send('openai-chat', messages, false));
		expect(sent[0]?.length).toBeLessThanOrEqual(40);
		expect(sent[1]).toBe(sent[0]);
		expect(send('openai-chat', messages)).toBe(messages);
	});

	it('Mistral: nine letters and digits, whoever serves it', () => {
		const rule = getToolIdRule('openai-chat', { isCompatible: true, modelId: 'mistral-large-latest' });
		const text =
			'{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"call_1"}]},{"role":"tool","tool_call_id":"call_1"}]}';
		const change = { model: 'm', toolIds: rule };
		const sent = CALLER_FORMATS['openai-chat'].spliceRequest(JsonText.from(text), JSON.parse(text), change).toString();
		const [call, result] = idsIn(sent);
		expect(call).toMatch(/^[a-zA-Z0-9]{9}$/);
		expect(result).toBe(call);
	});

	it('one id for several calls becomes one each, and every result finds its own call', () => {
		const call = '{"type":"tool_use","id":"0","name":"f","input":{}}';
		const result = '{"type":"tool_result","tool_use_id":"0"}';
		const turn = `{"role":"assistant","content":[${call},${call}]},{"role":"user","content":[${result},${result}]}`;
		const text = anthropic(`${turn},${turn}`);
		const [a, b, resultA, resultB, c, d, resultC, resultD] = idsIn(send('anthropic-messages', text));
		expect(new Set([a, b, c, d]).size).toBe(4);
		expect([resultA, resultB, resultC, resultD]).toEqual([a, b, c, d]);
		// what was sent before stays as it was: prompt caches hold
		expect(send('anthropic-messages', text)).toContain(
			send('anthropic-messages', anthropic(turn)).slice(0, -2).trimEnd(),
		);
	});

	it('an interrupted call does not take the result of the next one with its id', () => {
		const call = '{"role":"assistant","content":[{"type":"tool_use","id":"0"}]}';
		const answered = '{"role":"user","content":[{"type":"tool_result","tool_use_id":"0"}]}';
		const text = anthropic(`${call},${answered},${call},{"role":"user","content":"stop"},${call},${answered}`);
		const ids = idsIn(send('anthropic-messages', text));
		expect(ids[1]).toBe(ids[0]);
		expect(ids[4]).toBe(ids[3]);
		expect(new Set(ids).size).toBe(3);
	});
});

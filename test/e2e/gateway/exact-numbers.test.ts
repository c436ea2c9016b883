import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
	inventedModel,
	openTestGateway,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';

const MODEL_IDS = {
	anthropic: 'claude-haiku-4-5',
	openai: 'gpt-5-mini',
	google: 'gemini-2.5-flash',
	'openai-compatible': 'llama',
} as const;
const KINDS = Object.keys(MODEL_IDS) as (keyof typeof MODEL_IDS)[];
const NUMBERS = ['12345678901234567890', '1e400', '-0', '0.1234567890123456789'];
const INPUT = `{"n":[${NUMBERS.join(',')}]}`;
const SCHEMA = '{"type":"object","properties":{"n":{"type":"array"}}}';

let gateway: TestGateway;
beforeAll(async () => {
	gateway = await openTestGateway({
		deployments: KINDS.map((kind) => simulatedDeployment(kind, { [`${kind}-model`]: MODEL_IDS[kind] })),
		config: {
			models: KINDS.map((kind) => inventedModel(`${kind}-model`)),
			candidates: KINDS.map((kind) => `${kind}-model`),
			fallback: { enabled: false, maxAttempts: 1 },
		},
	});
});
afterAll(() => gateway.close());

/** A call of a tool and its result, in each format; in two of them the input is an object. */
const HISTORIES: Record<string, (model: string) => [path: string, body: string]> = {
	'anthropic-messages': (model) => [
		'/v1/messages',
		`{"model":"${model}","max_tokens":99,"temperature":0.12345678901234567,"tools":[{"name":"f","input_schema":${SCHEMA}}],"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":${INPUT}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}]}`,
	],
	'openai-chat': (model) => [
		'/v1/chat/completions',
		`{"model":"${model}","tools":[{"type":"function","function":{"name":"f","parameters":${SCHEMA}}}],"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":${JSON.stringify(INPUT)}}}]},{"role":"tool","tool_call_id":"t","content":"r"}]}`,
	],
	gemini: (model) => [
		`/v1beta/models/${model}:generateContent`,
		`{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":${INPUT}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"r"}}}]}],"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":${SCHEMA}}]}]}`,
	],
};

describe('numbers in the input of a tool keep their digits: an id of twenty digits is not another one', () => {
	it.each(Object.keys(HISTORIES).flatMap((format) => KINDS.map((kind) => [format, kind] as const)))(
		'%s to %s',
		async (format, kind) => {
			const [path, body] = HISTORIES[format]?.(`${kind}-model`) ?? ['', ''];
			const headers = { 'content-type': 'application/json' };
			const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body });
			expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
			const sent = gateway.simulator.requests.at(-1)?.bodyText ?? '';
			for (const digits of NUMBERS) expect(sent).toMatch(new RegExp(`[[,]${digits.replace(/[.]/g, '[.]')}[\\],]`));
		},
	);
});

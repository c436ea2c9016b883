import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../util/index.ts';
import { fitRequest } from './fit-request.ts';
import { getModelRules } from './model-rules.ts';

const user = (text: string) => ({ role: 'user', parts: [{ text }] });
const call = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] };

function fitFor(model: string, body: JsonObject) {
	const rules = getModelRules({ format: 'gemini', ids: [model] });
	return fitRequest('gemini', { contents: [user('a')], ...body }, { rules });
}
const contentsFor = (model: string, contents: unknown[]) => fitFor(model, { contents }).body['contents'];

describe('thinking that was asked of another generation of Gemini', () => {
	it.each([
		['gemini-3.5-flash', { thinkingBudget: 1024 }, { thinkingLevel: 'low' }],
		[
			'gemini-3.5-flash',
			{ thinkingBudget: 5000, includeThoughts: true },
			{ includeThoughts: true, thinkingLevel: 'medium' },
		],
		['gemini-3.1-pro-preview', { thinking_budget: 30_000 }, { thinkingLevel: 'high' }],
		['gemini-3.8-flash', { thinkingBudget: -1, includeThoughts: true }, { includeThoughts: true }],
		['gemini-2.5-flash', { thinkingLevel: 'xhigh' }, { thinkingBudget: -1 }],
		['gemini-2.5-flash-lite', { thinkingBudget: 100 }, { thinkingBudget: 512 }],
	])('is asked of %s as it thinks best: %j', (model, thinkingConfig, sent) => {
		const { body, dropped } = fitFor(model, { generationConfig: { thinkingConfig } });
		expect(body['generationConfig']).toEqual({ thinkingConfig: sent });
		expect(dropped).toEqual(['generationConfig.thinkingConfig']);
	});

	it.each([
		['gemini-2.5-flash', { thinkingBudget: 0 }],
		['gemini-2.5-flash-lite', { thinkingBudget: 0 }],
		['gemini-2.5-flash', { thinkingBudget: 50 }],
		['gemini-2.5-pro', { thinkingBudget: -1 }],
	])('stays with %s as it takes it: %j', (model, thinkingConfig) => {
		expect(fitFor(model, { generationConfig: { thinkingConfig } }).dropped).toEqual([]);
	});
});

describe('a conversation that Gemini would refuse', () => {
	it('has no turn without a part, however the caller says nothing', () => {
		const said = [user('a'), { role: 'model', parts: [] }, { role: 'model' }, { role: 'user', parts: [] }];
		const { body, dropped } = fitFor('gemini-2.5-flash', { contents: said, systemInstruction: { parts: [] } });
		expect(body).toEqual({ contents: [user('a'), user('(empty message)')] });
		expect(dropped).toEqual(['contents[3].parts']);
	});

	it('has a person before its first call', () => {
		const { body, dropped } = fitFor('gemini-3.5-flash', { contents: [call, user('b')] });
		expect(body['contents']).toEqual([user('(empty message)'), call, user('b')]);
		expect(dropped).toEqual(['contents']);
	});

	it('has pictures that a function returned in a turn of their own, where a response takes none', () => {
		const picture = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } };
		const functionResponse = { name: 'f', response: { output: 'x' } };
		const returned = { role: 'user', parts: [{ functionResponse: { ...functionResponse, parts: [picture] } }] };
		expect(contentsFor('gemini-2.5-flash', [user('a'), call, returned])).toEqual([
			user('a'),
			call,
			{ role: 'user', parts: [{ functionResponse }] },
			{ role: 'user', parts: [picture] },
		]);
		const newer = [user('a'), call, returned];
		expect(contentsFor('gemini-3.5-flash', newer)).toBe(newer);
	});
});

it('functions whose schemas do not say that they are objects are declared all the same', () => {
	const properties = { a: { type: 'string' } };
	const declare = (member: string, schema: JsonObject) =>
		fitFor('gemini-3.5-flash', { tools: [{ functionDeclarations: [{ name: 'f', [member]: schema }] }] }).body['tools'];
	const declared = (more: JsonObject) => [{ functionDeclarations: [{ name: 'f', ...more }] }];
	for (const member of ['parameters', 'parametersJsonSchema']) {
		expect(declare(member, { properties })).toEqual(declared({ [member]: { properties, type: 'object' } }));
		expect(declare(member, {})).toEqual(declared({}));
	}
});

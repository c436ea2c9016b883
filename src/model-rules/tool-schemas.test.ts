import { describe, expect, it } from 'vitest';
import { toObjectSchema } from './tool-schemas.ts';

const text = { type: 'string' };

describe('the schema of a tool that a provider refuses', () => {
	it.each(['anthropic', 'openai'] as const)(
		'still tells %s every argument of its alternatives, and the caller what is lost',
		(provider) => {
			const alternatives = {
				type: 'object',
				description: 'd',
				properties: { id: text },
				required: ['id'],
				oneOf: [{ properties: { path: text }, required: ['path'] }, { properties: { url: text } }],
				allOf: [{ properties: { mode: text }, required: ['mode', 'id'] }],
			};
			expect(toObjectSchema(alternatives, provider)).toEqual({
				schema: {
					type: 'object',
					description: 'd',
					properties: { path: text, url: text, mode: text, id: text },
					required: ['mode', 'id'],
				},
				isLoosened: true,
			});
		},
	);

	it('says what is in its lists, however deep they are: OpenAI answers 400 to one that does not', () => {
		const list = { type: 'array' };
		const whole = { type: 'array', items: {} };
		const nest = (each: object) => ({
			type: 'object',
			properties: {
				plain: each,
				either: { anyOf: [text, each] },
				table: { type: 'array', items: each },
				optional: { ...each, type: ['array', 'null'] },
			},
			$defs: { shared: { type: 'object', properties: { inner: each } } },
		});
		expect(toObjectSchema(nest(list), 'openai')).toEqual({ schema: nest(whole), isLoosened: false });
		const given = nest(list);
		expect(toObjectSchema(given, 'anthropic').schema).toBe(given);
	});

	it('has no enumeration at its top for OpenAI', () => {
		const schema = { type: 'object', properties: { a: text }, enum: [{ a: 'x' }], not: { required: ['b'] } };
		expect(toObjectSchema(schema, 'openai')).toEqual({
			schema: { type: 'object', properties: { a: text } },
			isLoosened: true,
		});
	});
});

it('a schema that a provider takes stays the same, so that its cached prefix holds', () => {
	const schema = {
		type: 'object',
		properties: { l: { type: 'array', items: text }, o: { type: 'object', properties: { a: { anyOf: [text] } } } },
	};
	expect(toObjectSchema(schema, 'openai').schema).toBe(schema);
	expect(toObjectSchema(schema, 'anthropic').schema).toBe(schema);
});

import { describe, expect, it } from 'vitest';
import { compileSchema, matchesPattern, UnfinishedCheckError } from './json-schema.ts';

const NESTED = {
	$defs: {
		tree: { type: 'object', required: ['name'], properties: { children: { items: { $ref: '#/$defs/tree' } } } },
	},
	$ref: '#/$defs/tree',
};

describe('an answer that does not fit its schema is wrong, one that does is right', () => {
	it.each<[schema: Record<string, unknown>, right: unknown[], wrong: unknown[]]>([
		[{ type: 'object', required: ['answer'] }, [{ answer: 1 }], [{}, [], 'answer', null]],
		[{ properties: { a: { type: 'string' } }, required: ['a'] }, [{ a: 'x' }, 5], [{ a: 5 }, {}]],
		[{ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }, [{ a: 'x' }], [5, { a: 1 }]],
		[{ minimum: 5 }, [5, 'text'], [3]],
		[{ exclusiveMinimum: 1, exclusiveMaximum: 3, maximum: 2.5, type: ['number', 'null'] }, [2, null], [1, 3, 2.6, '2']],
		[{ allOf: [{ type: 'object', properties: { a: {} } }, { required: ['b'] }] }, [{ a: 1, b: 1 }], [{ a: 1 }]],
		[{ anyOf: [{ type: 'integer' }, { const: { a: [1], b: 2 } }] }, [3, { b: 2, a: [1] }], [3.5, { a: [1] }]],
		[{ oneOf: [{ multipleOf: 2 }, { multipleOf: 3 }] }, [4, 9], [6, 5]],
		[{ not: { enum: ['x', [1]] } }, ['y', [2]], ['x', [1]]],
		// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schema
		[{ if: { required: ['a'] }, then: { required: ['b'] }, else: false }, [{ a: 1, b: 1 }], [{ a: 1 }, {}]],
		[{ multipleOf: 0.1 }, [0.3, 1.1], [0.35]],
		[{ type: 'string', minLength: 1, maxLength: 2, pattern: '^[a😀]+$' }, ['a😀'], ['', 'aaa', 'b']],
		[
			{ type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 2, uniqueItems: true },
			[[1], [1, 2]],
			[[], [1, 1], [1, 2, 3], ['1']],
		],
		[
			{ uniqueItems: true },
			[[{ a: 1 }, { a: 2 }]],
			[
				[
					{ a: 1, b: 2 },
					{ b: 2, a: 1 },
				],
			],
		],
		[{ prefixItems: [{ type: 'string' }], items: false, contains: { const: 'x' } }, [['x']], [['x', 1], [1], ['y']]],
		[
			{ additionalProperties: false, properties: { a: {} }, patternProperties: { '^x': { type: 'number' } } },
			[{ a: 1, x1: 2 }],
			[{ b: 1 }, { x1: 'n' }],
		],
		[
			{ propertyNames: { maxLength: 1 }, minProperties: 1, maxProperties: 2 },
			[{ a: 1 }],
			[{ ab: 1 }, {}, { a: 1, b: 2, c: 3 }],
		],
		[{ required: ['toString', 'constructor'] }, [{ toString: 1, constructor: 1 }], [{}]],
		[NESTED, [{ name: 'a', children: [{ name: 'b', children: [] }] }], [{ name: 'a', children: [{}] }]],
	])('%j', (schema, right, wrong) => {
		const check = compileSchema(schema);
		for (const value of right) expect(check(value), JSON.stringify(value)).toBe(true);
		for (const value of wrong) expect(check(value), JSON.stringify(value)).toBe(false);
	});
});

it.each([
	[{ properties: { a: { requred: ['b'] } } }, /#\/properties\/a\/requred is not checked here/],
	[{ type: 'string', format: 'email' }, /#\/format is not checked here: say it with "pattern"/],
	[{ unevaluatedProperties: false }, /#\/unevaluatedProperties is not checked/],
	[{ type: 'text' }, /#\/type must be one or several of null, boolean/],
	[{ minimum: '5' }, /#\/minimum must be a number/],
	[{ items: [{}] }, /#\/items must be one schema; a list of them is called "prefixItems"/],
	[{ pattern: '(' }, /#\/pattern is no regular expression/],
	[{ anyOf: [{ required: 'a' }] }, /#\/anyOf\/0\/required must be a list of names/],
	// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schema
	[{ then: { foo: 1 }, if: true }, /#\/then\/foo is not checked/],
	[{ $ref: '#/$defs/none' }, /#\/\$ref: there is nothing at/],
	[{ $ref: 'https://example.com/x' }, /must begin with "#\/"/],
])('a schema of which a part would pass any answer is refused, with the place: %j', (schema, message) => {
	expect(() => compileSchema(schema)).toThrow(message);
});

it('a check that needs years is ended, whichever keyword has the expression, and one without end too', () => {
	const endless = `${'a'.repeat(40)}!`;
	const pattern = '^(a+)+$';
	const schemas = [
		{ items: { pattern } },
		{ propertyNames: { pattern } },
		{ patternProperties: { [pattern]: true } },
		{ additionalProperties: false, patternProperties: { [pattern]: true } },
	];
	for (const schema of schemas) {
		const startedAt = Date.now();
		const check = compileSchema(schema, 100);
		expect(() => check(schema.items === undefined ? { [endless]: 1 } : [endless, endless, endless])).toThrow(
			/the regular expression took over 0.1 s/,
		);
		expect(Date.now() - startedAt).toBeLessThan(2000);
	}
	expect(() => matchesPattern(pattern, 'i', endless)).toThrow(UnfinishedCheckError);
	expect(() => compileSchema({ $ref: '#' })(1)).toThrow(/refers to itself without end/);
});

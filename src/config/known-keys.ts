import * as z from 'zod';
import type { ConfigPath } from './config-path.ts';

/** The schemas one step further: through optional and nullable wrappers, into objects, lists and unions. */
function step(schema: unknown, key: PropertyKey): unknown[] {
	if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, key) ? [Reflect.get(schema.shape, key)] : [];
	if (schema instanceof z.ZodArray) return [schema.element];
	if (schema instanceof z.ZodRecord) return [schema.valueType];
	return [];
}

function unwrap(schema: unknown): unknown[] {
	if (schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
		return unwrap(schema.unwrap());
	if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
	return [schema];
}

/** The keys an object may have at a place of a schema; empty when no object is there. */
export function knownKeys(schema: z.ZodType, path: ConfigPath): string[] {
	let current = unwrap(schema);
	for (const key of path) current = current.flatMap((candidate) => step(candidate, key)).flatMap(unwrap);
	const keys = current.flatMap((candidate) => (candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : []));
	return [...new Set(keys)];
}

import * as z from 'zod';
import { parseHttpAddress, type ValueIssue, type ValuePath } from '../../util/index.ts';

/** A schema for every field of T, optional ones too, and for no other: both directions are checked by the compiler. */
export type ShapeOf<T> = { [Key in keyof T]-?: z.ZodType<T[Key]> };

/** The same fields, each of which may be missing (but not `undefined`). */
type PartialShape<Shape extends z.ZodRawShape> = { [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]> };

/** Makes every field of a shape optional. */
export function partialShape<Shape extends z.ZodRawShape>(shape: Shape): PartialShape<Shape> {
	const entries = Object.entries(shape).map(([key, schema]) => [key, z.exactOptional(schema)]);
	// Object.fromEntries forgets which keys there are; they are the shape's own.
	return Object.fromEntries(entries) as PartialShape<Shape>;
}

/** The schema of a section in one source: each field may be missing. */
export function sectionSchema<Shape extends z.ZodRawShape>(
	shape: Shape,
	meaning: string,
): z.ZodObject<PartialShape<Shape>, z.core.$strict> {
	return z.strictObject(partialShape(shape)).describe(meaning);
}

/** Lets a check of another module judge a value whose shape is sound. */
export function judgedBy<Value>(
	check: (value: Value, path: ValuePath) => readonly ValueIssue[],
): (value: Value, context: z.core.ParsePayload & z.RefinementCtx) => void {
	return (value, context) => {
		if (context.issues.length > 0) return;
		for (const { path, message } of check(value, [])) context.addIssue({ code: 'custom', path: [...path], message });
	};
}

/** A text that says something: not empty, no control characters, at most `maximum` characters. */
export function text(maximum = 200): z.ZodType<string> {
	return z
		.string()
		.min(1)
		.max(maximum)
		.regex(/^\P{Cc}*$/u, { error: 'must not contain control characters' });
}

const REFERENCE = /^env:[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/** A secret by the variable that holds it. */
export function secretReference(example: string, meaning: string): z.ZodType<string> {
	return z
		.string()
		.regex(REFERENCE, {
			error: `must name an environment variable, e.g. "env:${example}": keys are never kept in this file`,
		})
		.describe(meaning);
}

/** The address of a server. */
export function httpAddress(meaning: string): z.ZodType<string> {
	return z
		.string()
		.max(2000)
		.refine((value) => parseHttpAddress(value) !== null, {
			error: 'must be an http or https address without a user name, password, query or fragment',
		})
		.describe(meaning);
}

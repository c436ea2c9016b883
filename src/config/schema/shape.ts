import * as z from 'zod';

/** A schema for every field of T, optional ones too, and for no other: both directions are checked by the compiler. */
export type ShapeOf<T> = { [Key in keyof T]-?: z.ZodType<T[Key]> };

/** The same fields, each of which may be missing (but not `undefined`). */
export type PartialShape<Shape extends z.ZodRawShape> = { [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]> };

/** Makes every field of a shape optional. */
export function partialShape<Shape extends z.ZodRawShape>(shape: Shape): PartialShape<Shape> {
	const entries = Object.entries(shape).map(([key, schema]) => [key, z.exactOptional(schema)]);
	// Object.fromEntries forgets which keys there are; they are the shape's own.
	return Object.fromEntries(entries) as PartialShape<Shape>;
}

/** A text that says something: not empty, no control characters, at most `maximum` characters. */
export function text(maximum = 200): z.ZodType<string> {
	return z
		.string()
		.min(1)
		.max(maximum)
		.regex(/^\P{Cc}*$/u, { error: 'must not contain control characters' });
}

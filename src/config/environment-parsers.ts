import { describeValue } from './describe-value.ts';

/** A value read from a variable, or what is wrong with the text. */
export type ParsedVariable = { value: unknown } | { problem: string };

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
	...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
	...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
]);

/** `true`, `yes`, `on`, `1` and their opposites. */
export function parseBoolean(text: string): ParsedVariable {
	const value = BOOLEANS.get(text.toLowerCase());
	return value === undefined ? { problem: `must be true or false, not ${describeValue(text)}` } : { value };
}

/** A decimal number, nothing around it. */
export function parseNumber(text: string): ParsedVariable {
	if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return { value: Number(text) };
	return { problem: `must be a number such as 10 or 2.5, not ${describeValue(text)}` };
}

/** A number, or `none` for no limit. */
export function parseLimit(text: string): ParsedVariable {
	return text.toLowerCase() === 'none' ? { value: null } : parseNumber(text);
}

/** The text as it is. */
export function parseText(text: string): ParsedVariable {
	return { value: text };
}

/** Names between commas. */
export function parseList(text: string): ParsedVariable {
	const names = text.split(',').map((name) => name.trim());
	return { value: names.filter((name) => name !== '') };
}

/** `weighted`, `fixed:MODEL` or `cheapest-good-enough:QUALITY`. */
export function parsePolicy(text: string): ParsedVariable {
	const [name = '', ...rest] = text.split(':');
	const detail = rest.join(':');
	if (name === 'weighted' && detail === '') return { value: { name } };
	if (name === 'fixed' && detail !== '') return { value: { name, model: detail } };
	const quality = parseNumber(detail);
	if (name === 'cheapest-good-enough' && 'value' in quality) return { value: { name, targetQuality: quality.value } };
	return {
		problem: `must be weighted, fixed:MODEL or cheapest-good-enough:QUALITY (0-100), not ${describeValue(text)}`,
	};
}

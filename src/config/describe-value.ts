import { maskSecrets } from '../util/index.ts';

const LONGEST = 40;

/** A value as an error message may show it: short, and without anything that looks like a secret. */
export function describeValue(value: unknown): string {
	if (Array.isArray(value)) return value.length === 1 ? 'a list of 1' : `a list of ${value.length}`;
	if (typeof value === 'object' && value !== null) return 'an object';
	if (typeof value !== 'string') return String(value);
	const shown = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
	// The mask reads the whole (bounded) text: a key cut short would no longer look like one.
	return maskSecrets(value.slice(0, 10_000)) === value.slice(0, 10_000) ? JSON.stringify(shown) : '[masked]';
}

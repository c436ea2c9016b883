/** A member of something unknown; `undefined` when there is none. */
export function readProperty(value: unknown, key: string): unknown {
	return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** A member that is a text, else `null`. */
export function readText(value: unknown, key: string): string | null {
	const member = readProperty(value, key);
	return typeof member === 'string' ? member : null;
}

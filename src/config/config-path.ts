import { redactSecrets } from '../util/index.ts';

/** The way to a value, as schemas report it. */
export type ConfigPath = readonly PropertyKey[];

/** The way as people write it: `weights.cost`, `models[0].pricing`, `fallbacks["gpt-3.5"]`. */
export function formatPath(path: ConfigPath): string {
	let written = '';
	for (const part of path) {
		if (typeof part === 'number') written += `[${part}]`;
		else if (/^[A-Za-z_$][\w$-]*$/.test(String(part))) written += written === '' ? String(part) : `.${String(part)}`;
		else written += `[${JSON.stringify(String(part).slice(0, 60))}]`;
	}
	return redactSecrets(written);
}

/** The value there; `undefined` when the way ends before. */
export function getValueAt(value: unknown, path: ConfigPath): unknown {
	let current = value;
	for (const part of path) {
		if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
		current = Reflect.get(current, part);
	}
	return current;
}

/** A copy in which the value there is replaced; missing objects on the way are made. */
export function withValueAt(value: unknown, path: ConfigPath, replacement: unknown): unknown {
	const [key, ...rest] = path;
	if (key === undefined) return replacement;
	const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
	const changed: unknown = withValueAt(getValueAt(value, [key]), rest, replacement);
	return Object.fromEntries(new Map([...entries, [String(key), changed]]));
}

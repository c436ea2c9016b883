import type { Usage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object, false for lists and everything else. */
export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the fields of a provider's usage, and remembers which it was asked for: the rest is unknown and kept. */
export class UsageFields {
	readonly #usage: JsonObject;
	readonly #path: string;
	readonly #known = new Set<string>();

	constructor(usage: unknown, path = 'usage') {
		this.#usage = isObject(usage) ? usage : {};
		this.#path = path;
	}

	/** A count of tokens or uses; 0 when missing or null. @throws InvalidInputError for what is no count. */
	count(name: string): number {
		this.#known.add(name);
		const value = this.#usage[name] ?? 0;
		if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
		throw new InvalidInputError(
			// what is no number may be anybody's text: its kind is enough
			`${this.#path}.${name} is ${typeof value === 'number' ? value : `a ${typeof value}`}; a count must be a whole number, 0 or more.`,
		);
	}

	/** A nested object's fields. */
	nested(name: string): UsageFields {
		this.#known.add(name);
		return new UsageFields(this.#usage[name], `${this.#path}.${name}`);
	}

	has(name: string): boolean {
		return this.#usage[name] !== undefined && this.#usage[name] !== null;
	}

	/** The value of a field, whatever it is. */
	take(name: string): unknown {
		this.#known.add(name);
		return this.#usage[name];
	}

	/** Marks fields that say nothing the classes do not say already. */
	ignore(...names: string[]): void {
		for (const name of names) this.#known.add(name);
	}

	/** What remains of a whole when its part is taken out. @throws InvalidInputError when the part is larger. */
	without(whole: string, wholeCount: number, partCount: number): number {
		if (partCount <= wholeCount) return wholeCount - partCount;
		throw new InvalidInputError(
			`${this.#path}.${whole} is ${wholeCount}, less than the ${partCount} that are said to be part of it.`,
		);
	}

	/** Fields of a nested object that nobody asked for, by their place; a 0 says nothing. */
	unknownParts(): Record<string, unknown> {
		const place = this.#path.split('.').slice(1).join('.');
		const parts = Object.entries(this.unknown()).filter(([, value]) => value !== 0);
		return Object.fromEntries(parts.map(([name, value]) => [`${place}.${name}`, value]));
	}

	/** Fields nobody asked for. */
	unknown(): Record<string, unknown> {
		return Object.fromEntries(
			Object.entries(this.#usage).filter(
				([name, value]) => !this.#known.has(name) && value !== null && value !== undefined,
			),
		);
	}
}

/** Counts of uses as a part of a usage; nothing where all are 0. */
export function usesOf(counts: Readonly<Record<string, number>>): Pick<Usage, 'perUse'> {
	const used = Object.entries(counts).filter(([, count]) => count > 0);
	return used.length === 0 ? {} : { perUse: Object.fromEntries(used) };
}

/** A usage with nothing in it but what is given. */
export function usageOf(counts: Partial<Usage>, unknownFields: Record<string, unknown> = {}): Usage {
	return {
		inputTokens: 0,
		cacheReadTokens: 0,
		cacheWrite5mTokens: 0,
		cacheWrite1hTokens: 0,
		outputTokens: 0,
		reasoningTokens: 0,
		...counts,
		...(Object.keys(unknownFields).length > 0 ? { unknownFields } : {}),
	};
}

import { InvalidInputError } from '../../errors/index.ts';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** Whoever means longer means never. */
const LONGEST_MS = 100 * 366 * 86_400_000;

/** `30d`, `12h`, `90m`, `4w` → milliseconds. @throws InvalidInputError */
export function parseLifetime(text: string): number {
	const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
	const lifetimeMs = Number(count) * (UNIT_MS[unit] ?? 0);
	if (lifetimeMs > 0 && lifetimeMs <= LONGEST_MS) return lifetimeMs;
	throw new InvalidInputError(
		`"${text.slice(0, 40)}" is not a lifetime. Write a number and m, h, d or w, e.g. 30d or 12h, up to 100 years.`,
	);
}

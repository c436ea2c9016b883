import type { CostEntry, UnknownUsage } from '../../contracts/index.ts';

/** Under which name the ledger keeps uses that have no price. */
const UNPRICED = 'unpricedUses';
/** How they are reported. */
export const UNPRICED_USE = 'unpriced use: ';

/** Fields that a row's usage says and nobody here knows; uses without a price by their own names. */
export function unknownFieldsOf({ usage }: CostEntry): string[] {
	return Object.entries(usage.unknownFields ?? {}).flatMap(([name, value]) =>
		name === UNPRICED && Array.isArray(value) ? value.map((use) => `${UNPRICED_USE}${String(use)}`) : [name],
	);
}

/** The most frequent first; equal ones by name. */
export function sortUnknownUsage(counts: ReadonlyMap<string, number>): UnknownUsage[] {
	const fields = [...counts].map(([field, requests]) => ({ field, requests }));
	return fields.sort((a, b) => b.requests - a.requests || (a.field < b.field ? -1 : 1));
}

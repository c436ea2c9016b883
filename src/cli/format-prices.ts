import type { ModelProfile, PriceDifference, PriceSheet, Pricing } from '../index.ts';
import { formatTable } from './output.ts';

/** Micro-dollars per million tokens, as USD per million; a dash where a class has no rate of its own. */
export function perMillion(rate: number | undefined): string {
	return rate === undefined ? '-' : `$${Number((rate / 1e6).toFixed(6))}`;
}

/** The sheets of a model, oldest first. */
export function sheetsOf(pricing: Pricing): PriceSheet[] {
	const { changes = [], ...first } = pricing;
	return [first, ...changes];
}

/** The sheet in force on a day (ISO date). */
export function sheetOn(pricing: Pricing, day: string): PriceSheet {
	return sheetsOf(pricing).findLast(({ from }) => from === undefined || from <= day) ?? pricing;
}

/** A model's exact rates; `null` when it is unpriced. */
export function pricingOf({ pricing }: ModelProfile): Pricing | null {
	return pricing === undefined || pricing === 'unpriced' ? null : pricing;
}

function notesOf(pricing: Pricing, day: string): string {
	const sheet = sheetOn(pricing, day);
	const next = sheetsOf(pricing).find(({ from }) => from !== undefined && from > day)?.from;
	return [
		...(sheet.tiers ?? []).map(({ aboveInputTokens, input }) => `over ${aboveInputTokens}: ${perMillion(input)}`),
		...Object.keys(sheet.serviceTiers ?? {}),
		...Object.entries(sheet.regionPermille ?? {}).map(([region, permille]) => `${region} ×${permille / 1000}`),
		...(next === undefined ? [] : [`other rates from ${next}`]),
	].join(', ');
}

/** A table of models and what they cost on a day, in USD per million tokens. */
export function pricesTable(profiles: readonly ModelProfile[], day: string): string {
	const rows = profiles.map((profile) => {
		const pricing = pricingOf(profile);
		if (pricing === null) return [profile.name, profile.provider, 'unpriced', '', '', '', '', ''];
		const { input, output, cacheRead, cacheWrite5m, cacheWrite1h } = sheetOn(pricing, day);
		const rates = [input, output, cacheRead, cacheWrite5m, cacheWrite1h].map(perMillion);
		return [profile.name, profile.provider, ...rates, notesOf(pricing, day)];
	});
	const headers = ['model', 'provider', '>input', '>output', '>cache read', '>write 5m', '>write 1h', 'also'];
	return formatTable(headers, rows);
}

/** Everything a model costs, span by span. */
export function priceText(profile: ModelProfile, day: string): string {
	const pricing = pricingOf(profile);
	if (pricing === null)
		return `${profile.name} (${profile.modelId}) is unpriced: where a budget applies it is not called, unless "allowUnpriced" names it.`;
	const inForce = sheetOn(pricing, day);
	const blocks = sheetsOf(pricing).map((sheet) => {
		const title = `${sheet.from === undefined ? 'Since ever' : `From ${sheet.from}`}${sheet.from === inForce.from ? ` (in force on ${day})` : ''}`;
		const tables = Object.entries({ standard: sheet, ...sheet.serviceTiers });
		const rows = tables.flatMap(([service, table]) =>
			[table, ...(table.tiers ?? [])].map((rates) => [
				service,
				'aboveInputTokens' in rates ? `over ${rates.aboveInputTokens}` : 'any',
				...[rates.input, rates.output, rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h].map(perMillion),
			]),
		);
		const uses = Object.entries(sheet.perUse ?? {}).map(([name, nano]) => `$${nano / 1e9} per ${name}`);
		const regions = Object.entries(sheet.regionPermille ?? {}).map(
			([region, permille]) => `region ${region}: ×${permille / 1000}`,
		);
		const headers = ['service', '>input tokens', '>input', '>output', '>cache read', '>write 5m', '>write 1h'];
		const more = [...uses, ...regions].join('; ');
		return [
			title,
			formatTable(headers, rows),
			...(more === '' ? [] : [more]),
			`Source: ${sheet.source}, read ${sheet.asOf}`,
		].join('\n');
	});
	return [`${profile.name} (${profile.modelId}), USD per million tokens`, ...blocks].join('\n\n');
}

/** What differs, a line for each figure. */
export function differencesText(differences: readonly PriceDifference[]): string {
	if (differences.length === 0) return 'No price differs.';
	const shown = (field: string, value: string | number | null): string => {
		if (value === null) return '-';
		return typeof value === 'number' && !/Tokens|Permille|perUse/.test(field) ? perMillion(value) : String(value);
	};
	const rows = differences.map(({ model, from, field, before, after }) => [
		model,
		from,
		field,
		shown(field, before),
		shown(field, after),
	]);
	return formatTable(['model', 'from', 'figure', '>before', '>after'], rows);
}

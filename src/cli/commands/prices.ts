import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { PriceDifference } from '../../catalog/index.ts';
import type { ModelProfile, PriceSheet, Pricing } from '../../contracts/index.ts';
import { toIsoDay } from '../../util/index.ts';
import { type GlobalOptions, parseDay } from '../options.ts';
import { projectAction } from '../project-action.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../terminal-text.ts';

interface PriceFlags extends GlobalOptions {
	model?: string;
	unpriced?: boolean;
	at?: string;
	dryRun?: boolean;
	from?: string;
}

const today = (): string => toIsoDay(Date.now());

async function list({ loaded, output }: Session, flags: PriceFlags): Promise<void> {
	const { createModelCatalog, createPriceBook } = await import('../../catalog/index.ts');
	const { models } = loaded.config;
	const chosen = flags.model === undefined ? models : [createModelCatalog(models).get(flags.model)];
	const listed = chosen.filter((profile) => flags.unpriced !== true || getPricing(profile) === null);
	const { version } = createPriceBook(models);
	const json = listed.map(({ name, modelId, provider, pricing }) => ({ model: name, modelId, provider, pricing }));
	output.result({ version, models: json }, () =>
		listed.length === 0
			? 'Every model has a price.'
			: `${formatPricesTable(listed, today())}\n\nUSD per million tokens on ${today()}; price book ${version}`,
	);
}

async function show({ loaded, output }: Session, flags: PriceFlags, name: string): Promise<void> {
	const { createModelCatalog } = await import('../../catalog/index.ts');
	const profile = createModelCatalog(loaded.config.models).get(name);
	output.result({ model: profile.name, pricing: profile.pricing }, () => formatPrice(profile, flags.at ?? today()));
}

async function check({ loaded, output }: Session, _flags: PriceFlags, file?: string): Promise<void> {
	const { readModelsWithPrices } = await import('../price-files.ts');
	const path = file ?? loaded.paths.priceFile;
	if (file === undefined && !existsSync(path)) {
		output.result({ path: null, ok: true }, () => `There is no ${path}: the built-in prices hold.`);
		return;
	}
	readModelsWithPrices(path, loaded.config.models);
	output.result({ path, ok: true }, () => `${path} is in order.`);
}

async function diff({ loaded, output }: Session, _flags: PriceFlags, file: string, second?: string): Promise<void> {
	const { readPriceBook, withBuiltinPrices } = await import('../price-files.ts');
	const { diffPriceBooks, createPriceBook } = await import('../../catalog/index.ts');
	const plain = withBuiltinPrices(loaded.config.models);
	const [before, after] =
		second === undefined
			? [createPriceBook(loaded.config.models), readPriceBook(file, loaded.config.models)]
			: [readPriceBook(file, plain), readPriceBook(second, plain)];
	const differences = diffPriceBooks(before, after);
	output.result({ before: before.version, after: after.version, differences }, () => formatDifferences(differences));
}

async function update({ loaded, output }: Session, flags: PriceFlags, file: string): Promise<void> {
	const { readPriceBook, importPrices } = await import('../price-files.ts');
	const { diffPriceBooks, createPriceBook } = await import('../../catalog/index.ts');
	const target = loaded.paths.priceFile;
	const before = createPriceBook(loaded.config.models);
	const after = readPriceBook(file, loaded.config.models);
	const differences = diffPriceBooks(before, after);
	if (flags.dryRun !== true) await importPrices(file, target);
	const done = flags.dryRun === true ? 'Nothing was written (--dry-run).' : `Written to ${target}.`;
	output.result({ target, written: flags.dryRun !== true, version: after.version, differences }, () =>
		[formatDifferences(differences), '', done].join('\n'),
	);
}

/** `switchyard prices` */
export function pricesCommand(program: Command): void {
	const prices = program.command('prices').description('show, check, compare and update what models cost');
	prices
		.command('list', { isDefault: true })
		.description('what every model costs today')
		.option('--model <name>', 'only this model')
		.option('--unpriced', 'only models without a price')
		.action(projectAction(list));
	prices
		.command('show <model>')
		.description('everything one model costs, span by span, with sources')
		.option('--at <day>', 'the day to look at, YYYY-MM-DD', parseDay)
		.action(projectAction(show));
	prices
		.command('check [file]')
		.description("check a price file; without one the project's own")
		.action(projectAction(check));
	prices
		.command('diff <file> [other]')
		.description('what a price file changes, or what differs between two')
		.action(projectAction(diff));
	prices
		.command('update')
		.description("put a file's rates over those of the project's prices.json, model by model")
		.requiredOption('--from <file>', 'the price file')
		.option('--dry-run', 'only show what would change')
		.action(projectAction((session, flags: PriceFlags) => update(session, flags, flags.from ?? '')));
	// the same as earlier releases named it
	prices
		.command('import <file>', { hidden: true })
		.option('--dry-run', 'only show what would change')
		.action(projectAction(update));
}

/** Micro-dollars per million tokens, as USD per million; a dash where a class has no rate of its own. */
function formatRate(rate: number | undefined): string {
	return rate === undefined ? '-' : `$${Number((rate / 1e6).toFixed(6))}`;
}

/** The sheets of a model, oldest first. */
function listPriceSheets(pricing: Pricing): PriceSheet[] {
	const { changes = [], ...first } = pricing;
	return [first, ...changes];
}

/** The sheet in force on a day (ISO date). */
function findPriceSheet(pricing: Pricing, day: string): PriceSheet {
	return listPriceSheets(pricing).findLast(({ from }) => from === undefined || from <= day) ?? pricing;
}

/** A model's exact rates; `null` when it is unpriced. */
function getPricing({ pricing }: ModelProfile): Pricing | null {
	return pricing === undefined || pricing === 'unpriced' ? null : pricing;
}

function formatPriceNotes(pricing: Pricing, day: string): string {
	const sheet = findPriceSheet(pricing, day);
	const next = listPriceSheets(pricing).find(({ from }) => from !== undefined && from > day)?.from;
	return [
		...(sheet.tiers ?? []).map(({ aboveInputTokens, input }) => `over ${aboveInputTokens}: ${formatRate(input)}`),
		...Object.keys(sheet.serviceTiers ?? {}),
		...Object.entries(sheet.regionPermille ?? {}).map(([region, permille]) => `${region} ×${permille / 1000}`),
		...(next === undefined ? [] : [`other rates from ${next}`]),
	].join(', ');
}

/** A table of models and what they cost on a day, in USD per million tokens. */
function formatPricesTable(profiles: readonly ModelProfile[], day: string): string {
	const rows = profiles.map((profile) => {
		const pricing = getPricing(profile);
		if (pricing === null) return [profile.name, 'unpriced', '', '', '', '', ''];
		const { input, output, cacheRead, cacheWrite5m, cacheWrite1h } = findPriceSheet(pricing, day);
		const rates = [input, output, cacheRead, cacheWrite5m, cacheWrite1h].map(formatRate);
		return [profile.name, ...rates, formatPriceNotes(pricing, day)];
	});
	const headers = ['model', '>input', '>output', '>cache read', '>write 5m', '>write 1h', 'also'];
	return formatTable(headers, rows);
}

/** Everything a model costs, span by span. */
function formatPrice(profile: ModelProfile, day: string): string {
	const pricing = getPricing(profile);
	if (pricing === null)
		return `${profile.name} (${profile.modelId}) is unpriced: where a budget applies it is not called, unless "allowUnpriced" names it.`;
	const inForce = findPriceSheet(pricing, day);
	const blocks = listPriceSheets(pricing).map((sheet) => {
		const title = `${sheet.from === undefined ? 'From the first day' : `From ${sheet.from}`}${sheet.from === inForce.from ? ` (in force on ${day})` : ''}`;
		const tables = Object.entries({ standard: sheet, ...sheet.serviceTiers });
		const rows = tables.flatMap(([service, table]) =>
			[table, ...(table.tiers ?? [])].map((rates) => [
				service,
				'aboveInputTokens' in rates ? `over ${rates.aboveInputTokens}` : 'any',
				...[rates.input, rates.output, rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h].map(formatRate),
			]),
		);
		const { perUse = {}, regionPermille = {} } = sheet;
		const uses = Object.entries(perUse).map(([name, nano]) => `$${nano / 1e9} per ${name}`);
		const regions = Object.entries(regionPermille).map(([name, permille]) => `region ${name}: ×${permille / 1000}`);
		const headers = ['service', '>input tokens', '>input', '>output', '>cache read', '>write 5m', '>write 1h'];
		const more = [...uses, ...regions].join('; ');
		const source = `Source: ${sheet.source}, read ${sheet.asOf}`;
		return [title, formatTable(headers, rows), ...(more === '' ? [] : [more]), source].join('\n');
	});
	return [`${profile.name} (${profile.modelId}), USD per million tokens`, ...blocks].join('\n\n');
}

/** What differs, a line for each figure. */
function formatDifferences(differences: readonly PriceDifference[]): string {
	if (differences.length === 0) return 'No price differs.';
	const format = (field: string, value: string | number | null): string => {
		if (value === null) return '-';
		return typeof value === 'number' && !/Tokens|Permille|perUse/.test(field) ? formatRate(value) : String(value);
	};
	const rows = differences.map(({ model, from, field, before, after }) => {
		return [model, from, field, format(field, before), format(field, after)];
	});
	return formatTable(['model', 'from', 'figure', '>before', '>after'], rows);
}

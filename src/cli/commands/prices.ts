import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type GlobalOptions, parseDay } from '../options.ts';

interface PriceFlags extends GlobalOptions {
	model?: string;
	unpriced?: boolean;
	at?: string;
	dryRun?: boolean;
}

function today(): string {
	return new Date().toISOString().slice(0, 10);
}

async function list(flags: PriceFlags): Promise<void> {
	const { inProject } = await import('../session.ts');
	const { pricesTable, pricingOf } = await import('../format-prices.ts');
	const { createModelCatalog, priceBookOf } = await import('../../index.ts');
	await inProject(flags, async ({ loaded, output }) => {
		const { models } = loaded.config;
		const chosen = flags.model === undefined ? models : [createModelCatalog(models).get(flags.model)];
		const shown = chosen.filter((profile) => flags.unpriced !== true || pricingOf(profile) === null);
		const { version } = priceBookOf(models);
		const json = shown.map((profile) => ({ model: profile.name, modelId: profile.modelId, pricing: profile.pricing }));
		output.result({ version, models: json }, () =>
			shown.length === 0
				? 'Every model has a price.'
				: `${pricesTable(shown, today())}\n\nUSD per million tokens on ${today()}; price book ${version}`,
		);
	});
}

async function show(name: string, flags: PriceFlags): Promise<void> {
	const { inProject } = await import('../session.ts');
	const { priceText } = await import('../format-prices.ts');
	const { createModelCatalog } = await import('../../index.ts');
	await inProject(flags, async ({ loaded, output }) => {
		const profile = createModelCatalog(loaded.config.models).get(name);
		output.result({ model: profile.name, pricing: profile.pricing }, () => priceText(profile, flags.at ?? today()));
	});
}

async function check(file: string | undefined, flags: PriceFlags): Promise<void> {
	const { inProject } = await import('../session.ts');
	const { modelsWithPrices } = await import('../price-files.ts');
	await inProject(flags, async ({ loaded, output }) => {
		const path = file ?? loaded.paths.priceFile;
		if (file === undefined && !existsSync(path)) {
			output.result({ path: null, ok: true }, () => `There is no ${path}: the built-in prices hold.`);
			return;
		}
		modelsWithPrices(path, loaded.config.models);
		output.result({ path, ok: true }, () => `${path} is in order.`);
	});
}

async function diff(files: readonly [string, string | undefined], flags: PriceFlags): Promise<void> {
	const { inProject } = await import('../session.ts');
	const { differencesText } = await import('../format-prices.ts');
	const { bookOfFile, withBuiltinPrices } = await import('../price-files.ts');
	const { diffPriceBooks, priceBookOf } = await import('../../index.ts');
	await inProject(flags, async ({ loaded, output }) => {
		const [file, second] = files;
		const plain = withBuiltinPrices(loaded.config.models);
		const [before, after] =
			second === undefined
				? [priceBookOf(loaded.config.models), bookOfFile(file, loaded.config.models)]
				: [bookOfFile(file, plain), bookOfFile(second, plain)];
		const differences = diffPriceBooks(before, after);
		output.result({ before: before.version, after: after.version, differences }, () => differencesText(differences));
	});
}

async function importFile(file: string, flags: PriceFlags): Promise<void> {
	const { inProject } = await import('../session.ts');
	const { differencesText } = await import('../format-prices.ts');
	const { bookOfFile, importPrices } = await import('../price-files.ts');
	const { diffPriceBooks, priceBookOf } = await import('../../index.ts');
	await inProject(flags, async ({ loaded, output }) => {
		const target = loaded.paths.priceFile;
		const before = priceBookOf(loaded.config.models);
		const after = bookOfFile(file, loaded.config.models);
		const differences = diffPriceBooks(before, after);
		if (flags.dryRun !== true) importPrices(file, target, existsSync(target));
		const done = flags.dryRun === true ? 'Nothing was written (--dry-run).' : `Written to ${target}.`;
		output.result({ target, written: flags.dryRun !== true, version: after.version, differences }, () =>
			[differencesText(differences), '', done].join('\n'),
		);
	});
}

/** `switchyard prices` */
export function registerPrices(program: Command): void {
	const prices = program.command('prices').description('show, check, compare and import what models cost');
	prices
		.command('list', { isDefault: true })
		.description('what every model costs today')
		.option('--model <name>', 'only this model')
		.option('--unpriced', 'only models without a price')
		.action((_options: unknown, self: Command) => list(self.optsWithGlobals<PriceFlags>()));
	prices
		.command('show <model>')
		.description('everything one model costs, span by span, with sources')
		.option('--at <day>', 'the day to look at, YYYY-MM-DD', parseDay)
		.action((model: string, _options: unknown, self: Command) => show(model, self.optsWithGlobals<PriceFlags>()));
	prices
		.command('check [file]')
		.description("check a price file; without one the project's own")
		.action((file: string | undefined, _options: unknown, self: Command) =>
			check(file, self.optsWithGlobals<PriceFlags>()),
		);
	prices
		.command('diff <file> [other]')
		.description('what a price file changes, or what differs between two')
		.action((file: string, other: string | undefined, _options: unknown, self: Command) =>
			diff([file, other], self.optsWithGlobals<PriceFlags>()),
		);
	prices
		.command('import <file>')
		.description("put a price file's rates over those of the project's prices.json, model by model")
		.option('--dry-run', 'only show what would change')
		.action((file: string, _options: unknown, self: Command) => importFile(file, self.optsWithGlobals<PriceFlags>()));
}

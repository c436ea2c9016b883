import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { BUILTIN_MODELS, createPriceBook, type PriceBook, withPrices } from '../catalog/index.ts';
import { editJsonText, readJsonFile, readPriceFile } from '../config/index.ts';
import type { ModelProfile } from '../contracts/index.ts';
import { InvalidConfigError, InvalidInputError } from '../errors/index.ts';
import { writeWholeFile } from './output.ts';

/** The models with the prices of a file over their own. @throws InvalidConfigError with everything wrong with it, InvalidInputError when it is not there */
export function readModelsWithPrices(path: string, models: readonly ModelProfile[]): ModelProfile[] {
	const { exists, prices, issues } = readPriceFile(path, models);
	if (!exists)
		throw new InvalidInputError(
			`There is no file ${path}. Name a price file; its shape is in docs/reference/prices.md.`,
		);
	if (issues.length > 0) throw new InvalidConfigError(issues);
	return withPrices(models, prices, Date.now());
}

/** The built-in prices under a file of one's own. */
export function readPriceBook(path: string, models: readonly ModelProfile[]): PriceBook {
	return createPriceBook(readModelsWithPrices(path, models));
}

/** The models with the prices that came with the package, whatever the project's price file says. */
export function withBuiltinPrices(models: readonly ModelProfile[]): ModelProfile[] {
	const builtin = new Map(BUILTIN_MODELS.map((profile) => [profile.name, profile.pricing]));
	return models.map((profile) => {
		const pricing = builtin.get(profile.name);
		return pricing === undefined ? profile : { ...profile, pricing };
	});
}

/** What a price file says; its shape was checked by readPriceFile. A file that is not there says nothing. */
function readDocument(path: string): { text: string; value: { models?: Record<string, unknown> } } {
	const file = readJsonFile(path);
	return 'value' in file ? { text: file.text, value: file.value as object } : { text: '', value: {} };
}

/** Puts a file's prices over those of the project's price file, model by model; whole or not at all. */
export async function importPrices(path: string, target: string): Promise<void> {
	const { text, value } = readDocument(target);
	const merged = { ...value, models: { ...value.models, ...readDocument(path).value.models } };
	mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
	await writeWholeFile(target, editJsonText(text, merged));
}

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { StoredLimit } from '../../contracts/index.ts';
import type { GlobalOptions } from '../options.ts';
import type { Session } from '../session.ts';
import { formatTable, quoteArgument } from '../terminal-text.ts';

const WEIGHT_NAMES = ['capability', 'cost', 'latency', 'quality', 'historical'] as const;

interface ConfigFlags extends GlobalOptions {
	showModels?: boolean;
	showWeights?: boolean;
	/** Name and number, as commander's variadic option gives them. */
	setWeight?: string[];
}

function parseWeight(words: readonly string[], fail: (message: string) => never): { name: string; value: number } {
	const [name = '', text = ''] = words;
	if (words.length !== 2) fail('--set-weight takes a factor and a number, e.g. --set-weight cost 0.40');
	if (!WEIGHT_NAMES.some((weight) => weight === name))
		fail(`Unknown weight ${quoteArgument(name)}. Weights: ${WEIGHT_NAMES.join(', ')}.`);
	const value = Number(text);
	if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
		fail(`${quoteArgument(text)} is not a weight. Write a number of 0 or more, e.g. 0.40.`);
	}
	return { name, value };
}

/** USD per million tokens. */
function formatRate(per1kTokens: number): string {
	return Number.isNaN(per1kTokens) ? '?' : String(Number((per1kTokens * 1000).toFixed(4)));
}

/** 200000 → 200k, 1048576 → 1.05M. */
function formatTokens(count: number): string {
	return count < 1_000_000 ? `${Math.round(count / 1000)}k` : `${Number((count / 1_000_000).toFixed(2))}M`;
}

/** JSON with a blank after each comma and colon, where a narrow terminal can break it. */
function formatValue(value: unknown): string {
	const text = JSON.stringify(value, null, 1) ?? '';
	return typeof value === 'object' ? text.replaceAll(/\n\s*/g, ' ').replaceAll(/(?<=[[{]) | (?=[\]}])/g, '') : text;
}

function showModels({ output, loaded }: Session): void {
	const { models } = loaded.config;
	const headers = ['Model', 'Provider', '>$ in/out', '>Quality', '>ms', '>Window', 'State'];
	const rows = models.map((model) => [
		model.name,
		model.provider,
		`${formatRate(model.costPer1kInputTokens)}/${formatRate(model.costPer1kOutputTokens)}`,
		String(model.qualityScore),
		String(model.latencyMs),
		formatTokens(model.contextWindow),
		model.lifecycle?.state ?? 'active',
	]);
	const legend =
		'$ per million tokens, quality of 100, typical latency, context window in tokens. --json has the ids and the source of each figure.';
	output.result(models, () => `${formatTable(headers, rows)}\n\n${legend}`);
}

/** The limits that were set in the database; none where there is no database, which is not made to look into it. */
async function readStoredLimits({ loaded, system }: Session): Promise<StoredLimit[]> {
	if (!existsSync(loaded.paths.databaseFile)) return [];
	return await (await system.storage()).limits.list();
}

async function showConfig(session: Session, isWeightsOnly: boolean): Promise<void> {
	const { listConfigValues, withStoredLimits } = await import('../../config/index.ts');
	const { output, loaded } = session;
	const { filePath, paths, warnings } = loaded;
	const stored = isWeightsOnly ? [] : await readStoredLimits(session);
	const values = withStoredLimits(listConfigValues(loaded), stored).filter(
		({ path }) => !path.startsWith('models.') && (!isWeightsOnly || path.startsWith('weights.')),
	);
	const rows = values.map(({ path, value, origin }) => {
		// the file is named below
		const from = origin.source === 'environment' ? origin.name : origin.source;
		return [path, formatValue(value), from === 'default' ? '' : from];
	});
	output.result({ values, paths, warnings }, () =>
		[
			formatTable(['Setting', 'Value', 'From'], rows),
			'',
			'Where "From" is empty the value is the default.',
			...(stored.length === 0
				? []
				: ['"store" is a limit that was set on the dashboard or by the admin API: `switchyard audit`.']),
			`Config file: ${filePath ?? `${paths.configFile} (not there yet)`}`,
			`Database: ${paths.databaseFile}`,
			`Log: ${paths.logFile}`,
		].join('\n'),
	);
}

/** `switchyard config` */
export function configCommand(program: Command): void {
	program
		.command('config')
		.description('show the configuration with the origin of each value, or set a weight')
		.option('--show-models', 'list the models of the catalog')
		.option('--show-weights', 'show the routing weights only')
		.option('--set-weight <name-and-number...>', 'set one weight, e.g. --set-weight cost 0.40')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard config\n  switchyard config --set-weight quality 0.35\n  switchyard config --show-models',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<ConfigFlags>();
			const { editConfig, inProject } = await import('../session.ts');
			if (flags.setWeight !== undefined) {
				const { name, value } = parseWeight(flags.setWeight, (message) =>
					self.error(`error: ${message}`, { exitCode: 2 }),
				);
				await editConfig(flags, (config) => ({ ...config, weights: { ...config.weights, [name]: value } }));
			}
			const isWeightsOnly = flags.showWeights === true || flags.setWeight !== undefined;
			await inProject(flags, async (session) => {
				if (flags.showModels === true) showModels(session);
				else await showConfig(session, isWeightsOnly);
			});
		});
}

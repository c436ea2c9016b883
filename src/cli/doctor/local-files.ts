import { chmodSync, existsSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { ignoreFolder, type LoadedConfig, updateConfigFile } from '../../config/index.ts';
import { CONFIG_DEFAULTS } from '../../project.ts';
import type { Finding } from './finding.ts';

type LocalFiles = Pick<LoadedConfig, 'config' | 'filePath' | 'paths'>;

/** The config file in force, or that there is none: `--fix` writes one to begin with. */
export function checkConfigFile({ config, filePath, paths }: LocalFiles): Finding {
	const { configFile, projectRoot } = paths;
	if (filePath !== null) return { name: 'configuration', status: 'ok', message: filePath };
	const repair = async () => {
		const schema = join(projectRoot, 'node_modules', 'switchyard-router', 'config.schema.json');
		const { dailyLimit, monthlyLimit } = config.budget;
		const layer = { budget: { dailyLimit, monthlyLimit } };
		// for completion and checks in the user's editor
		const start = existsSync(schema) ? { $schema: relative(dirname(configFile), schema), ...layer } : layer;
		await updateConfigFile(configFile, () => start, { defaults: CONFIG_DEFAULTS });
		return `wrote ${configFile} with the limits in force: $${dailyLimit} a day, $${monthlyLimit} a month`;
	};
	return { name: 'configuration', status: 'ok', message: `defaults; there is no ${configFile} yet`, repair };
}

/** Folders that switchyard makes for itself; others hold files of somebody else, too. */
const OWN_FOLDER = /[\\/]\.claude[\\/]orchestration[\\/](db|logs)$/;

/** Database, its key and logs that could be committed by accident: an earlier version made their folders without `.gitignore`. */
export function checkIgnoredFolders({ paths }: LocalFiles): Finding[] {
	const folders = [...new Set([paths.databaseFile, paths.logFile].map(dirname))];
	const open = folders.filter(
		(folder) => OWN_FOLDER.test(folder) && existsSync(folder) && !existsSync(join(folder, '.gitignore')),
	);
	if (open.length === 0) return [];
	const names = open.map((folder) => basename(folder)).join(' and ');
	const repair = () => {
		for (const folder of open) ignoreFolder(folder);
		return `wrote ${open.map((folder) => join(folder, '.gitignore')).join(', ')}`;
	};
	return [
		{
			name: 'gitignore',
			status: 'warning',
			message: `nothing keeps ${names} under ${dirname(open[0] ?? '')} from being committed`,
			fix: 'switchyard doctor --fix',
			repair,
		},
	];
}

/** Database, key and log that other users of the machine may read: an earlier version made them so, or somebody meant it. */
export function checkFileModes({ paths }: LocalFiles): Finding[] {
	if (process.platform === 'win32') return [];
	const { databaseFile, logFile } = paths;
	const files = [databaseFile, `${databaseFile}-wal`, `${databaseFile}-shm`, `${databaseFile}.key`, logFile];
	const open = files.filter((path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0);
	if (open.length === 0) return [];
	const named = open.join(', ');
	const repair = () => {
		// SQLite's own files go when the database is closed
		for (const path of open) if (existsSync(path)) chmodSync(path, 0o600);
		return `only you may read ${named} now`;
	};
	const quoted = open.map((path) => `'${path.replaceAll("'", "'\\''")}'`).join(' ');
	return [
		{
			name: 'files',
			status: 'warning',
			message: `other users of this machine may read ${named}`,
			fix: `If that is not meant: switchyard doctor --fix, or chmod 600 ${quoted}`,
			repair,
		},
	];
}

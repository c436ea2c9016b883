import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

const CONFIG_FILE = '.claude/orchestration/routing/config.json';

/** The places of one project, all absolute. */
export interface ConfigPaths {
	projectRoot: string;
	configFile: string;
	/** Prices of one's own, beside the config file. */
	priceFile: string;
	/** `:memory:` when nothing is to be kept. */
	databaseFile: string;
	logFile: string;
}

/** Whose files are meant. */
export interface PlaceOptions {
	/** Where to begin. @default the current directory */
	projectDirectory?: string;
	/** @default the user's home */
	home?: string;
	/** The files under the user's home, whatever the project. @default false */
	useGlobal?: boolean;
}

/** The nearest folder upward with `.claude` or `.git`; the given one when there is none. */
export function findProjectRoot(directory: string): string {
	const start = resolve(directory);
	for (let current = start; ; current = dirname(current)) {
		if (existsSync(join(current, '.claude')) || existsSync(join(current, '.git'))) return current;
		if (dirname(current) === current) return start;
	}
}

/** The folder whose files are meant: the project's, or the user's home. */
export function chooseRoot(options: PlaceOptions = {}): string {
	if (options.useGlobal) return resolve(options.home ?? homedir());
	return findProjectRoot(options.projectDirectory ?? process.cwd());
}

/** The config file of a root. */
export function configFileOf(root: string): string {
	return join(root, CONFIG_FILE);
}

/** A path from the configuration made absolute: `~/` is the home, anything relative lies in the project. */
export function resolvePlace(path: string, place: { root: string; home: string | undefined }): string {
	if (path === ':memory:' || isAbsolute(path)) return path;
	if (path === '~' || path.startsWith('~/')) return join(place.home ?? homedir(), path.slice(1));
	return resolve(place.root, path);
}

import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { describeValue, isObject } from '../util/index.ts';
import { parseJsonText } from './parse-json-text.ts';
import { type ValidatedLayer, validateLayer } from './validate-config.ts';

/** The settings of a config file. */
export interface ConfigFileContents extends ValidatedLayer {
	exists: boolean;
	/** The file's text, for an edit; empty when there is none. */
	text: string;
}

/** Reads a config file. Nothing is thrown for a bad one: what is wrong with it is in `issues`. */
export function readConfigFile(path: string): ConfigFileContents {
	const file = readJsonFile(path);
	const { text } = file;
	if (text === null) return { exists: false, layer: {}, text: '', issues: [] };
	const refuse = (message: string) => ({ exists: true, layer: {}, text, issues: [{ path, message }] });
	if ('problem' in file) return refuse(file.problem);
	return isObject(file.value)
		? { exists: true, text, ...validateLayer(file.value, path) }
		: refuse(`must hold an object such as { "defaultModel": "sonnet" }, not ${describeValue(file.value)}`);
}

const CONFIG_FILE_PATH = '.claude/orchestration/routing/config.json';

/** The files of one project, all absolute. */
export interface ConfigPaths {
	projectRoot: string;
	configFile: string;
	/** The user's own prices, beside the config file. */
	priceFile: string;
	/** `:memory:`: nothing is kept. */
	databaseFile: string;
	logFile: string;
}

/** Which project, or whose home, holds the files. */
export interface ProjectLocation {
	/** Where to begin. @default the current directory */
	projectDirectory?: string | undefined;
	/** @default the user's home */
	home?: string | undefined;
	/** The files under the user's home, whatever the project. @default false */
	useGlobal?: boolean;
}

/** The nearest folder upward with `.claude` or `.git`; the given one when there is none. */
function findProjectRoot(directory: string): string {
	const start = resolve(directory);
	for (let current = start; ; current = dirname(current)) {
		if (existsSync(join(current, '.claude')) || existsSync(join(current, '.git'))) return current;
		if (dirname(current) === current) return start;
	}
}

/** The folder whose files are meant: the project's, or the user's home. */
export function resolveProjectRoot(options: ProjectLocation = {}): string {
	if (options.useGlobal) return resolve(options.home ?? homedir());
	return findProjectRoot(options.projectDirectory ?? process.cwd());
}

/** The config file of a root. */
export function getConfigFilePath(root: string): string {
	return join(root, CONFIG_FILE_PATH);
}

/** A path from the configuration made absolute: `~/` is the home, anything relative lies in the project. */
export function resolveProjectPath(path: string, place: { root: string; home: string | undefined }): string {
	if (path === ':memory:' || isAbsolute(path)) return path;
	if (path === '~' || path.startsWith('~/')) return join(place.home ?? homedir(), path.slice(1));
	return resolve(place.root, path);
}

/** Bytes beyond which a file is not read: it is not a config file. */
const MAX_CONFIG_FILE_BYTES = 1_000_000;

/** A JSON file: missing (`text: null`), read, or what is wrong with it. */
type JsonFileContents = { text: null } | { text: string; value: unknown } | { text: string; problem: string };

/** The file's text, `null` when there is no file, or what keeps it from being read. */
function readText(path: string): { text: string | null } | { problem: string } {
	try {
		const stats = statSync(path);
		if (stats.isDirectory()) return { problem: 'is a folder: move it away, or name a file' };
		if (!stats.isFile()) return { problem: 'is not a regular file' };
		if (stats.size > MAX_CONFIG_FILE_BYTES)
			return { problem: `has ${stats.size} bytes, more than the ${MAX_CONFIG_FILE_BYTES} a config file may have` };
		return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) };
	} catch (error) {
		if (getSystemErrorCode(error) === 'ENOENT') return { text: null };
		if (getSystemErrorCode(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA')
			return { problem: 'is not UTF-8 text: save it as UTF-8' };
		return { problem: `cannot be read: ${describeSystemError(error)}` };
	}
}

/** Reads a JSON file, which may hold comments and trailing commas; nothing is thrown for a bad one. */
export function readJsonFile(path: string): JsonFileContents {
	const read = readText(path);
	if ('problem' in read) return { text: '', problem: read.problem };
	if (read.text === null) return { text: null };
	return { text: read.text, ...parseJsonText(read.text) };
}

const ERROR_REASONS: Readonly<Record<string, string>> = {
	EACCES: 'permission denied',
	EPERM: 'not permitted',
	EROFS: 'the file system is read-only',
	ENOSPC: 'the disk is full',
	EDQUOT: 'the disk quota is used up',
	ENOTDIR: 'a part of its path is a file, not a folder',
	EISDIR: 'it is a folder, not a file',
	EEXIST: 'something else is in its place',
	ELOOP: 'its links lead in a circle',
	ENAMETOOLONG: 'its path is too long',
	EMFILE: 'too many files are open',
};

/** The code of a system error, e.g. `EACCES`; `null` for any other value. */
export function getSystemErrorCode(error: unknown): string | null {
	return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** A file operation's failure in plain words. */
export function describeSystemError(error: unknown): string {
	const code = getSystemErrorCode(error);
	if (code === null) return error instanceof Error ? error.message : String(error);
	return `${ERROR_REASONS[code] ?? 'it failed'} (${code})`;
}

import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { createScanner, type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { describeValue, isObject } from '../util/index.ts';
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

/** Kinds of token of jsonc-parser, whose enum does not exist at run time. */
const OPENING = [1, 3];
const CLOSING = [2, 4];
const COMMA = 5;
const COMMENTS = [12, 13];
const SPACES = [14, 15];
const END = 17;

/** What jsonc-parser's error codes mean to someone who edits the file. */
const PROBLEMS: Readonly<Record<string, string>> = {
	PropertyNameExpected: 'expected a name in double quotes',
	ValueExpected: 'expected a value',
	ColonExpected: 'expected ":"',
	CommaExpected: 'expected "," or the closing bracket',
	CloseBraceExpected: 'expected "," or "}"',
	CloseBracketExpected: 'expected "," or "]"',
	EndOfFileExpected: 'expected nothing more',
	InvalidSymbol: 'expected a value or a name in double quotes',
	UnexpectedEndOfString: 'a text is not closed',
	UnexpectedEndOfComment: 'a comment is not closed',
	UnexpectedEndOfNumber: 'a number is not complete',
	InvalidNumberFormat: 'a number is not written as JSON writes it',
	InvalidUnicode: 'a \\u escape is not four hexadecimal digits',
	InvalidEscapeCharacter: 'an escape in a text is none of JSON’s',
	InvalidCharacter: 'a text holds a control character',
};

/** The text as JSON of the same length: comments, and a comma after the last member of a list or object, are blanks. */
function blankExtensions(text: string): string {
	const scanner = createScanner(text, false);
	const kept: string[] = [];
	/** Kind of the last token that is neither a comment nor a blank, and the place of a comma that may be the last. */
	let last = COMMA;
	let comma = -1;
	for (let kind: number = scanner.scan(); kind !== END; kind = scanner.scan()) {
		const token = text.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength());
		const isComment = COMMENTS.includes(kind);
		if (!isComment && !SPACES.includes(kind)) {
			if (comma !== -1 && CLOSING.includes(kind)) kept[comma] = ' ';
			comma = kind === COMMA && last !== COMMA && !OPENING.includes(last) ? kept.length : -1;
			last = kind;
		}
		kept.push(isComment ? token.replace(/[^\r\n]/g, ' ') : token);
	}
	return kept.join('');
}

/** Where a text stops being JSON, and what is wrong there. Shows one character of the text at most: it may hold a secret. */
function locateProblem(text: string): string {
	const errors: ParseError[] = [];
	parse(text, errors, { allowTrailingComma: true });
	const [first] = errors;
	if (first === undefined) return 'is not JSON';
	const lines = text.slice(0, first.offset).split('\n');
	const codePoint = text.codePointAt(first.offset);
	const found = codePoint === undefined ? 'the end of the file' : JSON.stringify(String.fromCodePoint(codePoint));
	const hint = found === '"\'"' ? ' JSON takes double quotes only.' : '';
	const problem = PROBLEMS[printParseErrorCode(first.error)] ?? 'it cannot be read';
	return `is not JSON: line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}: ${problem}, found ${found}.${hint}`;
}

/**
 * The value of a JSON text, which may hold comments and trailing commas; else the problem with it and where it is.
 * Its meaning is that of `JSON.parse`, also for a name that is there twice and for `__proto__`.
 */
export function parseJsonText(text: string): { value: unknown } | { problem: string } {
	if (text.trim() === '') return { problem: 'is empty: write {} for the defaults, or remove the file' };
	try {
		return { value: JSON.parse(text) };
	} catch {
		// Not plain JSON: with comments or trailing commas, or broken.
	}
	try {
		return { value: JSON.parse(blankExtensions(text)) };
	} catch {
		// The engine's own message quotes the file: it is not passed on.
	}
	try {
		return { problem: locateProblem(text) };
	} catch (error) {
		if (error instanceof RangeError) return { problem: 'is not JSON: its brackets are nested too deep' };
		throw error;
	}
}

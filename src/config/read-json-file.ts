import { readFileSync, statSync } from 'node:fs';
import { describeSystemError, systemErrorCode } from './describe-system-error.ts';
import { locateJsonError } from './locate-json-error.ts';

/** Bytes beyond which a file is not read: it is not a config file. */
export const MAX_CONFIG_FILE_BYTES = 1_000_000;

/** A JSON file that was looked for: not there, read, or the problem with it. */
export type JsonFileReading = { text: null } | { text: string; value: unknown } | { text: string; problem: string };

/** The file's text, `null` when there is no file, or what keeps it from being read. */
function readText(path: string): { text: string | null } | { problem: string } {
	try {
		const found = statSync(path);
		if (found.isDirectory()) return { problem: 'is a folder: move it away, or name a file' };
		if (!found.isFile()) return { problem: 'is not a regular file' };
		if (found.size > MAX_CONFIG_FILE_BYTES)
			return { problem: `has ${found.size} bytes, more than the ${MAX_CONFIG_FILE_BYTES} a config file may have` };
		return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) };
	} catch (error) {
		if (systemErrorCode(error) === 'ENOENT') return { text: null };
		if (systemErrorCode(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA')
			return { problem: 'is not UTF-8 text: save it as UTF-8' };
		return { problem: `cannot be read: ${describeSystemError(error)}` };
	}
}

/** The value of a JSON text, or the problem with it and where. */
function parseJson(text: string): { value: unknown } | { problem: string } {
	if (text.trim() === '') return { problem: 'is empty: write {} for the defaults, or remove the file' };
	try {
		return { value: JSON.parse(text) };
	} catch (error) {
		const found = locateJsonError(text);
		// The engine's own message quotes the file, which may hold a secret: it is not passed on.
		if (!(error instanceof SyntaxError) || found === null) throw error;
		return { problem: `is not JSON: line ${found.line}, column ${found.column}: ${found.message}` };
	}
}

/** Reads a JSON file; nothing is thrown for a bad one. */
export function readJsonFile(path: string): JsonFileReading {
	const read = readText(path);
	if ('problem' in read) return { text: '', problem: read.problem };
	if (read.text === null) return { text: null };
	return { text: read.text, ...parseJson(read.text) };
}

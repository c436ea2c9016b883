import { readFileSync, statSync } from 'node:fs';
import type { ConfigIssue } from '../errors/index.ts';
import type { ConfigLayer } from './config-layer.ts';
import { describeSystemError, systemErrorCode } from './describe-system-error.ts';
import { describeValue } from './describe-value.ts';
import { locateJsonError } from './locate-json-error.ts';
import { isPlainObject } from './merge-config.ts';
import { checkLayer } from './validate-config.ts';

/** Bytes beyond which a file is not read: it is not a config file. */
export const MAX_CONFIG_FILE_BYTES = 1_000_000;

/** What a config file says. */
export interface ConfigFileReading {
	exists: boolean;
	/** Only what is sound: a section with something wrong in it is left out. */
	layer: ConfigLayer;
	/** The file's text, for an edit; empty when there is none. */
	text: string;
	issues: ConfigIssue[];
}

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

/** Reads a config file; whatever is wrong with it is in `issues`. Nothing is thrown for a bad file. */
export function readConfigFile(path: string): ConfigFileReading {
	const refuse = (text: string, problem: string): ConfigFileReading => ({
		exists: true,
		layer: {},
		text,
		issues: [{ path, message: problem }],
	});
	const read = readText(path);
	if ('problem' in read) return refuse('', read.problem);
	if (read.text === null) return { exists: false, layer: {}, text: '', issues: [] };
	const parsed = parseJson(read.text);
	if ('problem' in parsed) return refuse(read.text, parsed.problem);
	if (!isPlainObject(parsed.value))
		return refuse(
			read.text,
			`must hold an object such as { "defaultModel": "sonnet" }, not ${describeValue(parsed.value)}`,
		);
	return { exists: true, text: read.text, ...checkLayer(parsed.value, path) };
}

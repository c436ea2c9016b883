import type { ConfigIssue } from '../errors/index.ts';
import type { ConfigLayer } from './config-layer.ts';
import { describeValue } from './describe-value.ts';
import { isPlainObject } from './merge-config.ts';
import { readJsonFile } from './read-json-file.ts';
import { checkLayer } from './validate-config.ts';

/** What a config file says. */
export interface ConfigFileReading {
	exists: boolean;
	/** Only what is sound: a section with something wrong in it is left out. */
	layer: ConfigLayer;
	/** The file's text, for an edit; empty when there is none. */
	text: string;
	issues: ConfigIssue[];
}

/** Reads a config file; whatever is wrong with it is in `issues`. Nothing is thrown for a bad file. */
export function readConfigFile(path: string): ConfigFileReading {
	const refuse = (text: string, problem: string): ConfigFileReading => ({
		exists: true,
		layer: {},
		text,
		issues: [{ path, message: problem }],
	});
	const read = readJsonFile(path);
	if (read.text === null) return { exists: false, layer: {}, text: '', issues: [] };
	if ('problem' in read) return refuse(read.text, read.problem);
	if (!isPlainObject(read.value))
		return refuse(
			read.text,
			`must hold an object such as { "defaultModel": "sonnet" }, not ${describeValue(read.value)}`,
		);
	return { exists: true, text: read.text, ...checkLayer(read.value, path) };
}

import { mkdirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ConfigIssue, InvalidConfigError, InvalidInputError } from '../errors/index.ts';
import { formatIssues, formatPath } from '../util/index.ts';
import { describeSystemError, getSystemErrorCode, readConfigFile } from './config-file.ts';
import { editJsonText } from './edit-json-text.ts';
import type { ConfigLayer } from './switchyard-config.ts';
import {
	type ConfigDefaults,
	completeConfig,
	copyPlain,
	createDefaultLayer,
	validateLayer,
} from './validate-config.ts';
import { withFileLock } from './with-file-lock.ts';

/** Changes what the file says; gets a copy and may change it or answer with another. */
export type ConfigEdit = (current: ConfigLayer) => ConfigLayer;

/** How an edit is checked before it is written. */
interface UpdateConfigOptions {
	/** With them the edit is refused, too, when the whole configuration would no longer hold together. */
	defaults?: ConfigDefaults;
}

/** The file behind a link, so that readers and writers of both names share one lock. */
function resolveLink(path: string): string {
	try {
		return realpathSync(path);
	} catch (error) {
		if (getSystemErrorCode(error) === 'ENOENT') return path;
		throw error;
	}
}

/** Everything wrong with what a source would say; with `defaults`, with the whole configuration that it would make, too. */
export function checkConfigLayer(layer: ConfigLayer, defaults: ConfigDefaults | undefined): ConfigIssue[] {
	const { issues } = validateLayer(layer, formatPath);
	if (issues.length > 0 || defaults === undefined) return issues;
	const whole = completeConfig([createDefaultLayer(defaults), layer]);
	return 'config' in whole ? [] : formatIssues(whole.issues);
}

/** What an edit would break, in one sentence a problem. It is the edit that is at fault, not the file. */
function refuseEdit(issues: readonly ConfigIssue[]): InvalidInputError {
	const sentences = issues.map(({ path, message }) => `${path} ${message}`.replace(/(?<![.?!])$/, '.'));
	return new InvalidInputError(`${sentences.join(' ')} Nothing was changed.`);
}

/** The edited layer and the text that says it. @throws InvalidConfigError when the file is broken, InvalidInputError when the edit would break it */
function applyEdit(
	path: string,
	edit: ConfigEdit,
	{ defaults }: UpdateConfigOptions,
): { layer: ConfigLayer; text: string } {
	const current = readConfigFile(path);
	if (current.issues.length > 0) throw new InvalidConfigError(current.issues);
	const layer = copyPlain(edit(structuredClone(current.layer)));
	const issues = checkConfigLayer(layer, defaults);
	if (issues.length > 0) {
		const known = new Set(checkConfigLayer(current.layer, defaults).map(({ path, message }) => `${path} ${message}`));
		const broken = issues.filter(({ path, message }) => !known.has(`${path} ${message}`));
		if (broken.length > 0) throw refuseEdit(broken);
		throw new InvalidConfigError(issues.map((issue) => ({ ...issue, path: `${path}: ${issue.path}` })));
	}
	return { layer, text: editJsonText(current.text, layer) };
}

/**
 * Edits a config file in one step: nothing is written unless the result is valid, and two edits at the same time
 * both take effect. Makes folder and file when missing; keeps comments, the order of keys, the format and the file's mode.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) when the file is broken or cannot be written
 * @throws InvalidInputError (`ROUTER_INVALID_INPUT`) when the edit would break the configuration
 */
export async function updateConfigFile(
	path: string,
	edit: ConfigEdit,
	options: UpdateConfigOptions = {},
): Promise<ConfigLayer> {
	const { default: writeFileAtomic } = await import('write-file-atomic');
	const refuse = (message: string, cause?: unknown) => new InvalidConfigError([{ path, message }], { cause });
	try {
		mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
		const target = resolveLink(path);
		return await withFileLock(target, (holdsLock) => {
			const { layer, text } = applyEdit(target, edit, options);
			if (!holdsLock()) throw refuse('the edit took too long and was given up. Try again');
			writeFileAtomic.sync(target, text);
			return layer;
		});
	} catch (error) {
		if (getSystemErrorCode(error)?.startsWith('E') && !(error instanceof InvalidConfigError))
			throw refuse(`cannot be written: ${describeSystemError(error)}`, error);
		throw error;
	}
}

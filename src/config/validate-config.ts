import type * as z from 'zod';
import type { ConfigIssue } from '../errors/index.ts';
import type { ConfigLayer } from './config-layer.ts';
import { type ConfigPath, formatPath } from './config-path.ts';
import { type ExplainedIssue, explainIssues } from './explain-issues.ts';
import { isPlainObject } from './merge-config.ts';
import { configLayerSchema } from './schema/index.ts';

/** A layer of which only the sound sections are kept, and what is wrong with the others. */
export interface CheckedLayer {
	layer: ConfigLayer;
	issues: ConfigIssue[];
}

/** The top sections an issue concerns: its own, or the unknown keys it names. */
function sectionsOf(issue: z.core.$ZodIssue): PropertyKey[] {
	const [section] = issue.path;
	if (section !== undefined) return [section];
	return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

function repeatedModels(layer: ConfigLayer): ExplainedIssue[] {
	const names = (layer.models ?? []).map((profile) => profile.name);
	return names.flatMap((name, index) =>
		names.indexOf(name) === index
			? []
			: [{ path: ['models', index, 'name'], message: `"${name}" is there twice: keep one entry per model` }],
	);
}

/** Where a value of a source lies: the source and the path in it. */
function placeIn(source: string): (path: ConfigPath) => string {
	return (path) => (path.length === 0 ? source : `${source}: ${formatPath(path)}`);
}

/** The checked value with the keys in their author's order (schemas answer in their own): an edit must not shuffle a file. */
function inOrderOf(original: unknown, checked: unknown): unknown {
	if (Array.isArray(checked) && Array.isArray(original))
		return checked.map((member, index) => inOrderOf(original[index], member));
	if (!isPlainObject(checked) || !isPlainObject(original)) return checked;
	const keys = Object.keys(original).filter((key) => Object.hasOwn(checked, key));
	return Object.fromEntries(keys.map((key) => [key, inOrderOf(original[key], checked[key])]));
}

/** Judges what one source says. `source` names it in messages; or say for each path where its value lies. */
export function checkLayer(value: unknown, source: string | ((path: ConfigPath) => string)): CheckedLayer {
	const place = typeof source === 'string' ? placeIn(source) : source;
	const result = configLayerSchema.safeParse(value);
	const placed = (issues: ExplainedIssue[]) => issues.map(({ path, message }) => ({ path: place(path), message }));
	if (result.success) {
		// The same members in another order are the same type.
		const layer = inOrderOf(value, result.data) as ConfigLayer;
		return { layer, issues: placed(repeatedModels(layer)) };
	}
	const issues = placed(explainIssues(result.error, { schema: configLayerSchema, value }));
	const broken = new Set(result.error.issues.flatMap(sectionsOf));
	const sound = isPlainObject(value) ? Object.entries(value).filter(([key]) => !broken.has(key)) : [];
	const rest = configLayerSchema.safeParse(Object.fromEntries(sound));
	return { layer: rest.success ? rest.data : {}, issues };
}

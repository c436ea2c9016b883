import { isDeepStrictEqual } from 'node:util';
import type { ConfigLayer } from '../../config/index.ts';
import { describeValue, formatPath, isObject } from '../../util/index.ts';

/** Lists whose members are known by a name: members of both lists are merged. */
const NAMED_LISTS: Readonly<Record<string, string>> = { deployments: 'id', models: 'name' };
/** Lists that are sets: what is missing is added. */
const SETS = new Set(['allowUnpriced', 'gateway.allowedPrivateHosts', 'budget.rules']);

/**
 * What a project's configuration says with an import added. Where both set one thing differently neither wins: each such
 * place is in `conflicts`.
 */
export function mergeImport(current: ConfigLayer, imported: ConfigLayer): { merged: ConfigLayer; conflicts: string[] } {
	const conflicts: string[] = [];
	// Both are layers, and merging keeps the type of every member.
	const merged = mergeValue(current, imported, [], conflicts) as ConfigLayer;
	return { merged, conflicts };
}

function mergeValue(ours: unknown, theirs: unknown, path: readonly (string | number)[], conflicts: string[]): unknown {
	if (ours === undefined || isDeepStrictEqual(ours, theirs)) return theirs;
	if (isObject(ours) && isObject(theirs)) {
		const members = Object.entries(theirs).map(([name, value]) => [
			name,
			mergeValue(ours[name], value, [...path, name], conflicts),
		]);
		return { ...ours, ...Object.fromEntries(members) };
	}
	if (Array.isArray(ours) && Array.isArray(theirs)) {
		const place = path.join('.');
		const isSet = SETS.has(place) || path.at(-1) === 'aliases';
		if (isSet) return [...ours, ...theirs.filter((value) => !ours.some((known) => isDeepStrictEqual(known, value)))];
		const key = NAMED_LISTS[place];
		if (key !== undefined) return mergeNamed(ours, theirs, { key, path, conflicts });
	}
	conflicts.push(
		`${formatPath(path)} is ${describeValue(ours)} in the project and ${describeValue(theirs)} in the file`,
	);
	return ours;
}

interface NamedList {
	/** The member by which entries are known. */
	key: string;
	path: readonly (string | number)[];
	conflicts: string[];
}

function mergeNamed(ours: readonly unknown[], theirs: readonly unknown[], list: NamedList): unknown[] {
	const getName = (entry: unknown) => (isObject(entry) ? String(entry[list.key]).toLowerCase() : '');
	const added = theirs.filter((entry) => !ours.some((known) => getName(known) === getName(entry)));
	const kept = ours.map((known) => {
		const same = theirs.find((entry) => getName(entry) === getName(known));
		return same === undefined ? known : mergeValue(known, same, [...list.path, getName(known)], list.conflicts);
	});
	return [...kept, ...added];
}

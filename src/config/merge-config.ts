import { isObject } from '../util/index.ts';
import type { ConfigLayer, CustomModelProfile } from './switchyard-config.ts';

/** Settings that a stronger source replaces as a whole. */
const REPLACED_SETTINGS = new Set(['policy']);

/** A copy that shares nothing with the original, and without `undefined` members. */
export function copyPlain<Value>(value: Value): Value {
	// The copy has the original's members, so its type is the original's.
	if (Array.isArray(value)) return value.map(copyPlain) as Value;
	if (!isObject(value)) return value;
	const members = Object.entries(value).filter(([, member]) => member !== undefined);
	return Object.fromEntries(members.map(([key, member]) => [key, copyPlain(member)])) as Value;
}

function mergeValues(base: unknown, over: unknown): unknown {
	if (!isObject(base) || !isObject(over)) return over;
	const merged = new Map(Object.entries(base));
	for (const [key, member] of Object.entries(over)) {
		if (member === undefined) continue;
		merged.set(key, merged.has(key) && !REPLACED_SETTINGS.has(key) ? mergeValues(merged.get(key), member) : member);
	}
	// fromEntries defines members, so that a key named __proto__ stays a key.
	return Object.fromEntries(merged);
}

/** One profile over another. A later `costPer1k…` silences earlier exact rates, which would hide it. */
function mergeProfile(base: CustomModelProfile, over: CustomModelProfile): CustomModelProfile {
	const { pricing, ...rest } = base;
	const hasLaterPrice = over.costPer1kInputTokens !== undefined || over.costPer1kOutputTokens !== undefined;
	return {
		...rest,
		...(!hasLaterPrice && pricing !== undefined && { pricing }),
		...over,
		...(base.qualityByTaskType && { qualityByTaskType: { ...base.qualityByTaskType, ...over.qualityByTaskType } }),
	};
}

/** Profiles by name: known ones are changed in place, new ones follow in order. */
function mergeModels(base: readonly CustomModelProfile[], over: readonly CustomModelProfile[]): CustomModelProfile[] {
	const byName = new Map<string, CustomModelProfile>(base.map((profile) => [profile.name, profile]));
	for (const profile of over) {
		const known = byName.get(profile.name);
		byName.set(profile.name, known === undefined ? profile : mergeProfile(known, profile));
	}
	return [...byName.values()];
}

/**
 * The later source over the earlier: objects are merged, lists and the policy replaced, models merged by name.
 * Associative for layers that satisfy the schema; changes neither argument, and shares with both what it leaves as it is.
 */
export function mergeConfig(base: ConfigLayer, over: ConfigLayer): ConfigLayer {
	// Both are layers, and merging keeps every member's type.
	const merged = mergeValues(base, over) as ConfigLayer;
	return base.models && over.models ? { ...merged, models: mergeModels(base.models, over.models) } : merged;
}

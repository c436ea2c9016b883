import type { ClassificationFeature } from '../contracts/index.ts';
import type { Sign } from './found-entries.ts';

/** Features a descriptor carries. */
const MOST_FEATURES = 12;

function isStronger(one: ClassificationFeature, other: ClassificationFeature): boolean {
	const difference = Math.abs(one.weight) - Math.abs(other.weight);
	if (difference !== 0) return difference > 0;
	return `${one.target} ${one.name}` < `${other.target} ${other.name}`;
}

/** The signs that weigh most, strongest first, as a descriptor tells them. */
export function strongestFeatures(signs: readonly Sign[]): ClassificationFeature[] {
	const strongest: ClassificationFeature[] = [];
	for (const { name, target, weight } of signs) {
		const last = strongest[MOST_FEATURES - 1];
		const rounded = Math.round(weight * 1_000) / 1_000;
		if (last !== undefined && Math.abs(rounded) < Math.abs(last.weight)) continue;
		const feature = { name: name.slice(0, 40), target, weight: rounded };
		if (last !== undefined && !isStronger(feature, last)) continue;
		if (last !== undefined) strongest.pop();
		let at = strongest.length;
		while (at > 0 && isStronger(feature, strongest[at - 1] ?? feature)) at -= 1;
		strongest.splice(at, 0, feature);
	}
	return strongest;
}

import type { ModelProfile, TaskDescriptor, TaskType } from '../../contracts/index.ts';
import { COMPLEXITY_DEMAND, sufficiency } from '../complexity-demand.ts';

const CODE_TYPES: readonly TaskType[] = ['code-generation', 'code-review', 'debugging', 'refactoring', 'testing'];

/** Shares of the three parts; they sum to 1. */
const SHARES = { strength: 0.5, reach: 0.35, features: 0.15 };

/** 1 for a strength in this type, less for one in a kindred type, least for none: a strength not listed is not a proven weakness. */
function strengthMatch(profile: ModelProfile, type: TaskType, task: TaskDescriptor): number {
	const { strengths } = profile;
	if (strengths.includes(type)) return 1;
	const { specialty } = COMPLEXITY_DEMAND[task.complexity];
	const isKindred = CODE_TYPES.includes(type)
		? strengths.some((strength) => CODE_TYPES.includes(strength))
		: task.requiresCreativity === true && strengths.includes('creative');
	return 1 - (isKindred ? specialty / 2 : specialty);
}

/**
 * Capability factor, 0-100: does the model know this kind of work (half), does its quality reach what the complexity
 * needs (35 %), can it think at length when the task asks for that (15 %).
 */
export function scoreCapability(
	profile: ModelProfile,
	quality: number,
	task: TaskDescriptor,
	type: TaskType = task.type,
): number {
	const features = task.requiresExtendedThinking && !profile.supportsExtendedThinking ? 0 : 1;
	return (
		100 *
		(SHARES.strength * strengthMatch(profile, type, task) +
			SHARES.reach * sufficiency(quality, task.complexity) +
			SHARES.features * features)
	);
}

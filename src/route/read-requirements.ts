import type { TaskDescriptor } from '../contracts/index.ts';
import type { CandidatePool } from './candidate-pool.ts';
import type { Requirements } from './exclude-models.ts';
import type { RouteSettings } from './route-settings.ts';
import { type HeldPrefix, holdPrefix, totalInputTokens } from './switching-cost.ts';

const NO_NAMES: ReadonlySet<string> = new Set();

function heldPrefixOf(task: TaskDescriptor, pool: CandidatePool): HeldPrefix | null {
	const prefix = task.cachedPrefix;
	if (prefix === undefined) return null;
	const holder = pool.catalog.find(prefix.model);
	return holdPrefix(prefix, holder ? pool.factsOf(holder) : null, totalInputTokens(task.estimatedInputTokens, prefix));
}

/** What a model must pass for the task; names and aliases resolved. @throws UnknownModelError for a name nobody knows */
export function readRequirements(task: TaskDescriptor, settings: RouteSettings, pool: CandidatePool): Requirements {
	const resolve = (names: readonly string[]): ReadonlySet<string> =>
		new Set(names.map((name) => pool.catalog.get(name).name));
	const { allowedModels, excludedModels } = task.constraints ?? {};
	return {
		task,
		allowedModels: allowedModels === undefined ? null : resolve(allowedModels),
		excludedModels: excludedModels === undefined ? NO_NAMES : resolve(excludedModels),
		availableProviders: settings.availableProviders,
		availableModels: settings.availableModels,
		allowUnpriced: settings.allowUnpriced,
		perRequestLimitNanoUsd: settings.perRequestLimitNanoUsd,
		heldPrefix: heldPrefixOf(task, pool),
	};
}

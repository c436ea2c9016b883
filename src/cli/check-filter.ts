import { InvalidInputError, type RoutingSystem, TASK_TYPES } from '../index.ts';

/** Refuses a model or task type nobody knows, so that an empty report is never a typing error. */
export function checkStatsFilter(system: RoutingSystem, filter: { model?: string; taskType?: string }): void {
	if (filter.model !== undefined) system.router.requireModel(filter.model);
	if (filter.taskType !== undefined && !TASK_TYPES.some((type) => type === filter.taskType)) {
		throw new InvalidInputError(
			`Unknown task type "${filter.taskType.slice(0, 40)}". Known: ${TASK_TYPES.join(', ')}.`,
		);
	}
}

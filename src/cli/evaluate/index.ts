/** @module `switchyard evaluate --tasks`: models compared on a user's own tasks, within a budget. */
export { type EvaluateTasksFlags, evaluateTasks } from './evaluate-tasks.ts';

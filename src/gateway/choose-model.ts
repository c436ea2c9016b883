export { assertModelHonored, type ModelChoice, parseModelChoice } from '../system/index.ts';

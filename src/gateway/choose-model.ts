export { type ModelChoice, readModelChoice, requireChosen } from '../system/index.ts';

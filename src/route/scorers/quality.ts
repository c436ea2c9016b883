import type { TaskComplexity } from '../../contracts/index.ts';
import { clamp } from '../../util/index.ts';
import { sufficiency } from '../complexity-demand.ts';

/**
 * Quality factor, 0-100: half the model's quality for the type of task as it is, half how likely that quality is
 * good enough for the complexity. Never falls when quality rises.
 */
export function scoreQuality(quality: number, complexity: TaskComplexity): number {
	const held = clamp(quality, 0, 100);
	return (held + 100 * sufficiency(held, complexity)) / 2;
}

import type { Exclusion } from '../contracts/index.ts';
import { RouterError } from './router-error.ts';

/** Every model was excluded; lists why, model by model. */
export class NoEligibleModelError extends RouterError {
	override name = 'NoEligibleModelError';
	readonly exclusions: readonly Exclusion[];

	constructor(exclusions: readonly Exclusion[]) {
		const lines = exclusions.map((exclusion) => `- ${exclusion.model}: ${exclusion.message}`);
		super('ROUTER_NO_ELIGIBLE_MODEL', `No eligible model. Relax a constraint or add a model:\n${lines.join('\n')}`);
		this.exclusions = exclusions;
	}
}

import { RouterError } from './router-error.ts';

/** A model nobody here knows. */
export class UnknownModelError extends RouterError {
	override name = 'UnknownModelError';
	readonly model: string;
	readonly nearest: string | null;

	constructor(model: string, known: { nearest: string | null; names: readonly string[] }) {
		const hint = known.nearest === null ? '' : ` Did you mean "${known.nearest}"?`;
		super(
			'ROUTER_UNKNOWN_MODEL',
			`Unknown model "${model.slice(0, 80)}".${hint} Known models: ${known.names.join(', ')}. Add your own under "models" in the config file.`,
		);
		this.model = model;
		this.nearest = known.nearest;
	}
}

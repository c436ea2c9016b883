import { RouterError } from './router-error.ts';

/** Names that a message lists; more would hide what it says. */
const MAX_LISTED = 12;

function listed(names: readonly string[]): string {
	const more = names.length - MAX_LISTED;
	return `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A model nobody here knows. */
export class UnknownModelError extends RouterError {
	override name = 'UnknownModelError';
	readonly model: string;
	readonly nearest: string | null;

	constructor(model: string, known: { nearest: string | null; names: readonly string[] }) {
		const hint = known.nearest === null ? '' : ` Did you mean "${known.nearest}"?`;
		super(
			'ROUTER_UNKNOWN_MODEL',
			`Unknown model "${model.slice(0, 80)}".${hint} Known models: ${listed(known.names)} (all: \`switchyard config --show-models\`, or GET /v1/models of the gateway). Add your own under "models" in the config file.`,
		);
		this.model = model;
		this.nearest = known.nearest;
	}
}

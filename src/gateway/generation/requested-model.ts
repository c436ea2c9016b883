import type { ModelProfile } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { DeploymentTable } from '../../providers/index.ts';
import { parseModelChoice } from '../../system/index.ts';
import type { GatewayState } from '../gateway-state.ts';

/** The model that makes the embeddings: one by name. @throws InvalidInputError for `auto`, or a model that answers; UnknownModelError */
export function resolveEmbeddingModel(
	name: unknown,
	{ deployments, runtime }: { deployments: DeploymentTable; runtime: GatewayState },
): ModelProfile {
	const { router } = runtime.system;
	const there = (): string => {
		const names = deployments.servedModels.filter((model) => router.catalog.get(model).kind === 'embedding');
		return names.length === 0 ? 'none is served here' : names.join(', ');
	};
	if (typeof name !== 'string' || name === '')
		throw new InvalidInputError(`model is missing; name one that makes embeddings (${there()}).`);
	const { model } = parseModelChoice(name, router);
	if (model === undefined) {
		throw new InvalidInputError(
			`model is "${name.slice(0, 80)}", and the router does not choose here: vectors of different models cannot be compared. Name one that makes embeddings (${there()}).`,
		);
	}
	const profile = router.catalog.get(model);
	if (profile.kind === 'embedding') return profile;
	throw new InvalidInputError(
		`model is "${profile.name}", which answers and makes no embeddings. Name one that does (${there()}).`,
	);
}

/** @throws InvalidInputError where a model that makes embeddings is asked to answer */
export function requireGenerativeModel({ kind, name }: ModelProfile): void {
	if (kind !== 'embedding') return;
	throw new InvalidInputError(
		`model is "${name}", which makes embeddings and answers nothing. Send it to POST /v1/embeddings, or ask for "auto".`,
	);
}

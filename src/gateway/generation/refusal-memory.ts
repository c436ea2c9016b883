import { isRouterError, ProviderCallError } from '../../errors/index.ts';
import { describeRefusal, findRefusedParameter } from '../../model-rules/index.ts';
import type { CallFitting, Deployment } from '../../providers/index.ts';
import { BoundedMap } from '../../util/index.ts';

/** Models at deployments whose refusals are remembered; the least recently used is forgotten. */
const MAX_MODELS = 500;
/** Parameters that are remembered for one of them. */
const MAX_PARAMETERS = 16;

/** Which parameters models have refused, by deployment, while the gateway runs: each of them costs one refused call. */
export class RefusalMemory {
	readonly #refused = new BoundedMap<string, ReadonlySet<string>>(MAX_MODELS);

	get({ deployment, modelId }: Target): ReadonlySet<string> | undefined {
		return this.#refused.get(toKey(deployment.id, modelId));
	}

	add({ deployment, modelId }: Target, parameter: string): void {
		const known = this.get({ deployment, modelId }) ?? [];
		this.#refused.set(toKey(deployment.id, modelId), new Set([...known, parameter].slice(-MAX_PARAMETERS)));
	}
}

/** A model at a deployment. */
interface Target {
	deployment: Pick<Deployment, 'id'>;
	modelId: string;
}

/** A call that may be made once more. */
interface RefusableCall extends Target {
	fitting: CallFitting;
	onRefused(note: string): void;
}

function toKey(deployment: string, modelId: string): string {
	return `${deployment}\n${modelId}`;
}

/**
 * Makes a call without the parameters that the model has refused. One more that its provider refuses, and that may be left
 * out, is remembered, and the call is made once more without it; that is no failure of the model.
 */
export async function callWithoutRefused<Call extends RefusableCall, Answer>(
	attempt: Call,
	memory: RefusalMemory,
	call: (attempt: Call) => Promise<Answer>,
): Promise<Answer> {
	let sent: Parameters<NonNullable<CallFitting['onFitted']>> | null = null;
	const { onFitted } = attempt.fitting;
	const run = () =>
		call({
			...attempt,
			fitting: {
				...attempt.fitting,
				refused: memory.get(attempt),
				onFitted(request, format) {
					sent = [request, format];
					onFitted?.(request, format);
				},
			},
		});
	try {
		return await run();
	} catch (error) {
		const parameter = sent === null ? null : findRefused(error, sent);
		if (parameter === null || memory.get(attempt)?.has(parameter) === true) throw error;
		memory.add(attempt, parameter);
		attempt.onRefused(describeRefusal(parameter));
		return await run();
	}
}

function findRefused(
	error: unknown,
	[{ body }, format]: Parameters<NonNullable<CallFitting['onFitted']>>,
): string | null {
	if (!isRouterError(error) || !(error instanceof ProviderCallError)) return null;
	const { report, status } = error.details;
	if (status !== 400 && status !== 422) return null;
	return findRefusedParameter(format, body, { message: report?.message ?? error.message, param: report?.param });
}

import type { WireFormatName } from '../contracts/index.ts';
import { isRouterError, ProviderCallError } from '../errors/index.ts';
import { describeRefusal, findRefusedParameter } from '../model-rules/index.ts';
import { BoundedMap, type JsonObject } from '../util/index.ts';
import type { Deployment } from './deployment.ts';
import type { CallFitting } from './library-fetch.ts';

/** Models at deployments whose refusals are remembered; the least recently used is forgotten. */
const MAX_MODELS = 500;
/** Parameters that are remembered for one of them. */
const MAX_PARAMETERS = 16;
/** Parameters that are left out within one call, one after the other: a server names only the first that it refuses. */
const MAX_MENDS = 3;

/** Which parameters models have refused, by deployment, while this process runs: each of them costs one refused call. */
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
export interface RefusableCall extends Target {
	fitting: CallFitting;
	/** Called with all that this call has found refused, as the record of the attempt tells it. */
	onRefused(note: string): void;
}

function toKey(deployment: string, modelId: string): string {
	return `${deployment}\n${modelId}`;
}

/**
 * Makes a call without the parameters that the model has refused. What its provider refuses, and may be left out, is
 * remembered, and the call is made again without it, for three parameters at most; that is no failure of the model.
 */
export async function callWithoutRefused<Call extends RefusableCall, Answer>(
	attempt: Call,
	memory: RefusalMemory,
	call: (attempt: Call) => Promise<Answer>,
): Promise<Answer> {
	const notes: string[] = [];
	for (;;) {
		const { onFitted } = attempt.fitting;
		let sent: SentRequest | null = null;
		const fitting: CallFitting = {
			...attempt.fitting,
			refused: memory.get(attempt),
			onFitted(request, format) {
				sent = { body: request.body, format };
				onFitted?.(request, format);
			},
		};
		try {
			return await call({ ...attempt, fitting });
		} catch (error) {
			const parameter = sent === null ? null : findRefused(error, sent);
			if (parameter === null || notes.length === MAX_MENDS || fitting.refused?.has(parameter)) throw error;
			memory.add(attempt, parameter);
			notes.push(describeRefusal(parameter));
			attempt.onRefused(notes.join(' '));
		}
	}
}

/** The body that was sent, as it was fitted. */
interface SentRequest {
	body: JsonObject;
	format: WireFormatName;
}

function findRefused(error: unknown, { body, format }: SentRequest): string | null {
	if (!isRouterError(error) || !(error instanceof ProviderCallError)) return null;
	const { report, status } = error.details;
	if (status !== 400 && status !== 422) return null;
	return findRefusedParameter(format, body, { message: report?.message ?? error.message, param: report?.param });
}

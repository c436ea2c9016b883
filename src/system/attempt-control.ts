import type { ModelCatalog } from '../catalog/index.ts';
import type { Attempt, ModelName, TaskDescriptor, Usage } from '../contracts/index.ts';
import { StreamInterruptedError } from '../errors/index.ts';
import type { ClassifiedFailure, ExecuteChainOptions } from '../execute/index.ts';
import { usageOfFailure } from './attempt-usage.ts';

/** How the calls of one request are made, for callers that know deployments and watch streams. */
export interface AttemptControl {
	/** No other model may stand in for the chosen one. @default false */
	isBoundToModel?: boolean;
	/** Deployments of a model in the order in which they are tried, before the next model. @default one without a name */
	deploymentsOf?(model: ModelName): readonly string[];
	/** Whose credential a call is made with. @default the model's provider */
	credentialOf?(model: ModelName, deployment: string | null): string | undefined;
	/** Epoch milliseconds before which a limit the provider has told of lets no call through; 0: now. */
	availableAt?(model: ModelName, deployment: string | null): number;
	/** Milliseconds one attempt may take; `Infinity` where the executor watches the time itself. @default `fallback.timeout` */
	timeoutMs?: number;
	/**
	 * Most output tokens the caller allows, all answers together; `null` when it does not say, which may be as many as the
	 * model can give. @default a multiple of what is expected
	 */
	maxOutputTokens?: number | null;
	/** Answers asked for; each may be as long as the model can make it. @default 1 */
	answers?: number;
	/** Output has gone to the caller: what fails now cannot be answered by anybody else. */
	isCommitted?(): boolean;
	/** What an executor's value used. @default read off the value */
	usageOf?(value: unknown): Usage | null;
	/** What a failed attempt used as far as the executor saw it; `null`: nothing was billed; `undefined`: it cannot tell. */
	usageOfFailure?(attempt: Attempt, error: unknown): Usage | null | undefined;
}

/** What of a control the chain takes as it is. */
export function chainOptionsOf(
	control: AttemptControl,
): Pick<ExecuteChainOptions, 'deploymentsOf' | 'availableAt' | 'timeoutMs' | 'classify'> {
	const { deploymentsOf, availableAt, timeoutMs, isCommitted } = control;
	return {
		...(deploymentsOf && { deploymentsOf }),
		...(availableAt && { availableAt }),
		...(timeoutMs !== undefined && { timeoutMs }),
		...(isCommitted && {
			classify: (error, failure) => (isCommitted() ? { ...failure, action: 'give-up' } : afterSilence(error, failure)),
		}),
	};
}

/** Whoever watches streams has waited long enough for a silent one: asking it again only doubles the wait. */
function afterSilence(error: unknown, failure: ClassifiedFailure): ClassifiedFailure {
	const isTimeout = failure.kind === 'timeout' && failure.status === undefined;
	const isSilent = isTimeout || (error instanceof StreamInterruptedError && error.isSilence);
	return isSilent ? { ...failure, action: 'next-model' } : failure;
}

/** What a failed attempt used: what the executor saw of it, else what can be told from outside. */
export function failedUsage(
	attempt: Attempt,
	error: unknown,
	task: { descriptor: TaskDescriptor; catalog: ModelCatalog; control: AttemptControl },
): Usage | null {
	const seen = task.control.usageOfFailure?.(attempt, error);
	return seen === undefined ? usageOfFailure(attempt, error, task) : seen;
}

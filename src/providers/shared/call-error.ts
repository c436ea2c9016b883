import { ProviderCallError } from '../../errors/index.ts';
import type { Deployment } from './deployment.ts';

/** Who was called. */
export interface CalledModel {
	provider: string;
	/** The provider's model id. */
	model: string;
	/** Takes the deployment's own secrets out of what its provider says. @default nothing is known of them */
	conceal?: (text: string) => string;
}

/** A deployment's model as errors name it. */
export function calledModel({ conceal, id }: Pick<Deployment, 'conceal' | 'id'>, modelId: string): CalledModel {
	return { provider: id, model: modelId, conceal };
}

/** The network's or the client's code for what went wrong, e.g. `ECONNRESET`. */
function codeOf(error: unknown): string | null {
	const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	return typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : null;
}

/** The failure of a call that got no response, or whose response broke off: key and address stay out of the message. */
export function connectionError(called: CalledModel, cause: unknown): ProviderCallError {
	const code = codeOf(cause);
	const { model, provider } = called;
	const details = { provider, model, status: null, errorType: code, retryAfterMs: null, requestId: null };
	return new ProviderCallError(
		`${called.provider} could not be reached${code === null ? '' : ` (${code})`}. Check the network and the base URL.`,
		details,
		{ cause },
	);
}

/** A response that holds no answer, whatever its status says: a failure of the server. `what` follows the provider's name. */
export function invalidAnswer(
	called: CalledModel,
	what: string,
	given: { status?: number; requestId?: string | null } = {},
): ProviderCallError {
	const { conceal = (text) => text, model, provider } = called;
	return new ProviderCallError(`${provider} ${conceal(what)}.`, {
		provider,
		model,
		status: given.status ?? 502,
		errorType: 'invalid_response',
		retryAfterMs: null,
		requestId: given.requestId ?? null,
	});
}

/** A provider that sends its caller elsewhere: nobody follows, so that key and prompt go nowhere else. */
export function redirectAnswer(called: CalledModel, status: number): ProviderCallError {
	return invalidAnswer(called, `answered ${status} with a redirect, which is never followed`);
}

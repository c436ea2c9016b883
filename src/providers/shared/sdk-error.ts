import { isRouterError, type ProviderCallError } from '../../errors/index.ts';
import { type CalledModel, connectionError } from './call-error.ts';
import { readError } from './read-error.ts';

/** What the AI SDK's call errors carry; read by shape, so that no package must be loaded to look at an error. */
interface SdkCallError {
	statusCode?: unknown;
	responseHeaders?: unknown;
	responseBody?: unknown;
}

function fieldsOf(value: unknown): SdkCallError {
	return typeof value === 'object' && value !== null ? value : {};
}

/** An error of the AI SDK's provider packages as ours; an abort and our own errors pass through as they are. */
export function readSdkError(error: unknown, called: CalledModel): unknown {
	if (isRouterError(error) || (error instanceof Error && error.name === 'AbortError')) return error;
	// The SDK wraps what a retry ended with.
	const last = error instanceof Error && 'lastError' in error ? error.lastError : error;
	const { statusCode, responseHeaders, responseBody } = fieldsOf(last);
	if (typeof statusCode !== 'number') return unreachable(last, called);
	const headers = new Map(Object.entries(responseHeaders ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
	const reader = { get: (name: string) => (headers.has(name) ? String(headers.get(name)) : null) };
	const status = statusCode >= 400 ? statusCode : 502;
	return readError({ status, headers: reader }, String(responseBody ?? ''), called);
}

/** No status: the call never got a response, or what came could not be read. */
function unreachable(error: unknown, called: CalledModel): ProviderCallError {
	return connectionError(called, error);
}

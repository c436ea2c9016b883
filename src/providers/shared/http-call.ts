import { ProviderCallError } from '../../errors/index.ts';
import { createConnectionError, parseErrorResponse } from '../errors.ts';

/** Largest answer that is read, bytes. */
const MAX_RESPONSE_BYTES: number = 32 * 1024 * 1024;

/** How a provider is reached. Holds a secret: never log it. */
export interface ProviderAccess {
	apiKey: string;
	/** Address in place of the provider's own, without a trailing slash. */
	baseUrl?: string;
}

/** One call. */
export interface HttpCall {
	provider: string;
	model: string;
	url: string;
	headers: Record<string, string>;
	body: unknown;
	signal?: AbortSignal | undefined;
}

/** What came back. */
export interface HttpAnswer {
	body: unknown;
	requestId: string | null;
}

function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
	return signal?.aborted === true || (error instanceof Error && error.name === 'AbortError');
}

async function readBounded(response: Response, call: HttpCall): Promise<string> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	for await (const chunk of response.body ?? []) {
		bytes += chunk.length;
		if (bytes > MAX_RESPONSE_BYTES) {
			throw callError(call, response, `answered with more than ${MAX_RESPONSE_BYTES} bytes`);
		}
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}

function requestIdOf(response: Response): string | null {
	return response.headers.get('request-id') ?? response.headers.get('x-request-id');
}

function callError(call: HttpCall, response: Response, what: string): ProviderCallError {
	return new ProviderCallError(`${call.provider} ${what}.`, {
		provider: call.provider,
		model: call.model,
		// A 200 that holds no answer is a failure of the server, whatever it says itself.
		status: response.ok ? 502 : response.status,
		errorType: 'invalid_response',
		retryAfterMs: null,
		requestId: requestIdOf(response),
	});
}

async function send(call: HttpCall): Promise<Response> {
	try {
		return await fetch(call.url, {
			method: 'POST',
			headers: { 'content-type': 'application/json', accept: 'application/json', ...call.headers },
			body: JSON.stringify(call.body),
			redirect: 'error',
			...(call.signal === undefined ? {} : { signal: call.signal }),
		});
	} catch (error) {
		if (isAbort(error, call.signal)) throw error;
		throw createConnectionError(call, error);
	}
}

async function readText(response: Response, call: HttpCall): Promise<string> {
	try {
		return await readBounded(response, call);
	} catch (error) {
		if (error instanceof ProviderCallError || isAbort(error, call.signal)) throw error;
		throw createConnectionError(call, error);
	}
}

/**
 * Posts JSON and reads the JSON that comes back.
 * @throws ProviderCallError for every failure but an abort, which passes through as it is.
 */
export async function postJson(call: HttpCall): Promise<HttpAnswer> {
	const response = await send(call);
	const text = await readText(response, call);
	if (!response.ok) throw parseErrorResponse(response, text, call);
	if (text.trim() === '') throw callError(call, response, 'answered 200 with nothing in it');
	try {
		const body: unknown = JSON.parse(text);
		return { body, requestId: requestIdOf(response) };
	} catch {
		const type = response.headers.get('content-type') ?? 'no content type';
		throw callError(call, response, `answered 200 with something that is not JSON (${type.slice(0, 60)})`);
	}
}

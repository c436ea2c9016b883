import { ProviderCallError } from '../../errors/index.ts';
import { maskSecrets } from '../../util/index.ts';
import type { CalledModel } from './call-error.ts';

/** Characters of a provider's message that are kept, and that are looked through for secrets: a secret cut in two is not found. */
const MAX_MESSAGE = 300;
const MAX_SEARCHED = 20_000;

/** Reads a response's header, whichever client it came with. */
export interface HeaderReader {
	get(name: string): string | null;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

function parse(text: string): Record<string, unknown> {
	try {
		const body: unknown = JSON.parse(text);
		const error = isObject(body) ? body['error'] : undefined;
		return isObject(error) ? error : isObject(body) ? body : {};
	} catch {
		// An error page that is not JSON tells nothing but its status.
		return {};
	}
}

function textOf(...values: unknown[]): string | null {
	return values.find((value): value is string => typeof value === 'string' && value !== '') ?? null;
}

/** Google says how long to wait inside the body. */
function bodyDelay(text: string): number | null {
	const seconds = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(text.slice(0, 20_000))?.[1];
	return seconds === undefined ? null : Number(seconds) * 1000;
}

function retryAfter(headers: HeaderReader, text: string): number | null {
	const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
	if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
	const value = headers.get('retry-after');
	if (value === null) return bodyDelay(text);
	const seconds = Number(value);
	const delay = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
	return Number.isNaN(delay) ? null : Math.max(0, delay);
}

/** A provider's error response as our error; its message without secrets and of bounded length. */
export function readError(
	response: { status: number; headers: HeaderReader },
	text: string,
	call: CalledModel,
): ProviderCallError {
	const { conceal = (said) => said } = call;
	const clean = (said: string | null) => (said === null ? null : maskSecrets(conceal(said.slice(0, MAX_SEARCHED))));
	const error = parse(text);
	const errorType = clean(textOf(error['type'], error['code'], error['status']));
	const message = clean(textOf(error['message'])) ?? 'no message';
	return new ProviderCallError(
		`${call.provider} answered ${response.status}${errorType === null ? '' : ` ${errorType}`}: ${message.slice(0, MAX_MESSAGE)}`,
		{
			provider: call.provider,
			model: call.model,
			status: response.status,
			errorType: clean(textOf(error['code'], errorType)),
			retryAfterMs: retryAfter(response.headers, text),
			requestId: clean(response.headers.get('request-id') ?? response.headers.get('x-request-id')),
		},
	);
}

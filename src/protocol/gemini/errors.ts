import type { JsonObject } from '../../util/index.ts';
import type { WireError } from '../shared/caller-format.ts';
import { formatSse } from '../shared/sse.ts';

/** Source: https://cloud.google.com/apis/design/errors#handling_errors */
const STATUSES: ReadonlyMap<number, string> = new Map([
	[400, 'INVALID_ARGUMENT'],
	[401, 'UNAUTHENTICATED'],
	[402, 'FAILED_PRECONDITION'],
	[403, 'PERMISSION_DENIED'],
	[404, 'NOT_FOUND'],
	[408, 'DEADLINE_EXCEEDED'],
	[409, 'ABORTED'],
	[413, 'INVALID_ARGUMENT'],
	[429, 'RESOURCE_EXHAUSTED'],
	[499, 'CANCELLED'],
	[500, 'INTERNAL'],
	[501, 'UNIMPLEMENTED'],
	[502, 'UNAVAILABLE'],
	[503, 'UNAVAILABLE'],
	[504, 'DEADLINE_EXCEEDED'],
	[529, 'UNAVAILABLE'],
]);

/** The body of an error answer: Google's word for the status, this package's code as its reason. */
export function encodeGeminiError({ status, message, code, param }: WireError): JsonObject {
	const word = STATUSES.get(status) ?? (status >= 400 && status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
	const info = {
		'@type': 'type.googleapis.com/google.rpc.ErrorInfo',
		reason: code,
		domain: 'switchyard',
		...(param === undefined ? {} : { metadata: { field: param } }),
	};
	const details = code === null || code === word ? [] : [info];
	return { error: { code: status, message, status: word, ...(details.length > 0 ? { details } : {}) } };
}

/** The event that ends a stream with an error. */
export function encodeGeminiStreamError(error: WireError): string {
	return formatSse(encodeGeminiError(error));
}

import type { IncomingHttpHeaders } from 'node:http';
import type { HeaderReader } from '../../providers/index.ts';

/** Node's headers behind the reader's interface. */
export function headerReader(headers: IncomingHttpHeaders): HeaderReader {
	return {
		get: (name) => {
			const value = headers[name];
			return Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
		},
	};
}

/** The provider's id of the request. */
export function requestIdOf(headers: IncomingHttpHeaders): string | null {
	const { get } = headerReader(headers);
	return get('request-id') ?? get('x-request-id');
}

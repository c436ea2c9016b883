import type { HeaderReader } from '../../providers/index.ts';

/** Headers as Node or a client library gives them, names in lower case. */
export type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Headers behind the reader's interface. */
export function headerReader(headers: ReceivedHeaders): HeaderReader {
	return {
		get: (name) => {
			const value = headers[name];
			return Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
		},
	};
}

/** The provider's id of the request. */
export function requestIdOf(headers: ReceivedHeaders): string | null {
	const { get } = headerReader(headers);
	return get('request-id') ?? get('x-request-id');
}

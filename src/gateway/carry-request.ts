import type { CallerFormat, DecodedRequest } from '../protocol/index.ts';
import type { Deployment } from '../providers/index.ts';
import type { JsonObject } from './read-json.ts';

/** Characters of a sentence that lists names. */
const MAX_NOTE = 500;

/** A request in the neutral form: made when it is first asked for, and once. */
export function decodeOnce(format: CallerFormat, body: JsonObject): () => DecodedRequest {
	let decoded: DecodedRequest | null = null;
	return () => {
		decoded ??= format.decodeRequest(body);
		return decoded;
	};
}

/**
 * The sentences of a decision that say what of the request does not reach the deployment. Names come from the caller:
 * what no name has becomes `?`. @throws InvalidInputError for a request that cannot be translated
 */
export function notesOfCarrying(
	deployment: Deployment | undefined,
	{ decoded, format }: { format: CallerFormat; decoded: () => DecodedRequest },
): string[] {
	if (deployment === undefined || deployment.formats.includes(format.name)) return [];
	const { dropped } = decoded();
	if (dropped.length === 0) return [];
	const names = [...new Set(dropped)].join(', ').replace(/[^\x20-\x7e]/g, '?');
	return [`Not carried to ${deployment.id}: ${names}`.slice(0, MAX_NOTE)];
}

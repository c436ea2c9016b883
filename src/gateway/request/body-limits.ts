import type { GatewayLimitsConfig } from '../../config/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import type { JsonLimitError, JsonLimits } from '../../util/index.ts';

/** What the owner of a gateway may set of the limits on bodies. */
export type BodyLimits = Pick<GatewayLimitsConfig, 'maxBodyNames' | 'maxBodyValues'>;

/** The limits on bodies: none of them holds the event loop up for long while it is parsed. */
export function createBodyLimits({ maxBodyNames, maxBodyValues }: BodyLimits): JsonLimits {
	return {
		names: maxBodyNames,
		values: maxBodyValues,
		commas: 500_000,
		// no format has more than 60
		members: 1000,
		memberSize: 10_000,
		depth: 200,
		nameCharacters: 65_536,
		structureCharacters: 4 * 1024 * 1024,
		escapes: 4 * 1024 * 1024,
	};
}

/** By limit, what is said of a body that is over it, and what to send instead. */
const REFUSALS: { readonly [Limit in keyof JsonLimits]: (most: number) => string } = {
	names: (most) =>
		`has more than ${most} names of members. Send fewer or shorter messages and tools, or raise "gateway.limits.maxBodyNames".`,
	values: (most) =>
		`has more than ${most} texts, objects and lists. Send shorter lists, or raise "gateway.limits.maxBodyValues".`,
	commas: (most) => `has more than ${most} commas. Send shorter lists.`,
	members: (most) => `itself has more than ${most} members. Send the members that the API has.`,
	memberSize: (most) =>
		`has a member with more than ${most} items or members of its own. Send fewer messages or tools, or shorter lists.`,
	depth: (most) => `is nested deeper than ${most} levels. Send a flatter request.`,
	nameCharacters: (most) => `has a name of more than ${most} characters. Send long texts as values.`,
	structureCharacters: (most) =>
		`has more than ${most} characters outside of strings. Send it without white space between its parts.`,
	escapes: (most) => `has more than ${most} escapes such as \\n in its strings. Send shorter texts.`,
};

/** The refusal of a body that is over one of its limits. */
export function createBodyLimitError({ limit }: JsonLimitError, limits: JsonLimits): RequestRefusedError {
	return new RequestRefusedError('ROUTER_REQUEST_TOO_LARGE', `The body ${REFUSALS[limit](limits[limit])}`);
}

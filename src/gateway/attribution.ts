import type { Attribution } from '../contracts/index.ts';
import type { Caller } from './caller.ts';

/** Whom a request is done for: its key with team and tags, and what the caller says of itself. */
export function attributionOf(
	{ key }: Caller,
	said: { tags?: readonly string[] | undefined; session?: string | null | undefined },
): Attribution {
	const tags = [...new Set([...(key?.tags ?? []), ...(said.tags ?? [])])];
	return {
		...(key === null ? {} : { key: key.id }),
		...(key?.team == null ? {} : { team: key.team }),
		...(tags.length === 0 ? {} : { tags }),
		...(said.session == null ? {} : { session: said.session }),
	};
}

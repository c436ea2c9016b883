import type { VirtualKey } from '../contracts/index.ts';

/** Who calls. */
export interface Caller {
	/** Whose answers, sessions and idempotency keys these are: the key's id; `local` without a key. */
	owner: string;
	/** `null`: called without one, on loopback. */
	key: VirtualKey | null;
}

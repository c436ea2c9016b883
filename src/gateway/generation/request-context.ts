import type { Caller } from '../keys/caller.ts';
import type { KeyLimiter } from '../limits/index.ts';

/**
 * Calls a provider within what the caller's key may ask for; `tokens`: as many as it is expected to use.
 * @throws RequestRefusedError (`ROUTER_RATE_LIMITED`), and what `call` throws
 */
export async function withKeyLimits<Value>(
	{ caller, limiter }: { caller: Caller; limiter: KeyLimiter },
	tokens: number,
	call: () => Promise<Value>,
): Promise<Value> {
	const admission = caller.key === null ? null : limiter.admit(caller.key, tokens);
	try {
		return await call();
	} finally {
		admission?.release(null);
	}
}

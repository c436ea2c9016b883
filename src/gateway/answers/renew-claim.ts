import type { Clock, IdempotencyClaimId, IdempotencyStore, Logger } from '../../contracts/index.ts';

/** Renewals within a lease: one or two may fail without harm. */
const RENEWALS_A_LEASE = 3;

/** A claim that is to be kept. */
export interface ClaimToRenew {
	clock: Clock;
	logger: Logger;
	store: IdempotencyStore;
	id: IdempotencyClaimId;
	leaseMs: number;
}

async function renew({ clock, logger, store, id, leaseMs }: ClaimToRenew, signal: AbortSignal): Promise<void> {
	for (;;) {
		await clock.sleep(leaseMs / RENEWALS_A_LEASE, signal);
		try {
			if (!(await store.renew({ ...id, leaseUntil: clock.now() + leaseMs }))) return;
		} catch (error) {
			logger.warn('A claim of an idempotency key could not be renewed; it is tried again', { error: String(error) });
		}
	}
}

/** Keeps a claim from lapsing until the returned function is called. */
export function renewClaim(claim: ClaimToRenew): () => void {
	const stop = new AbortController();
	renew(claim, stop.signal).catch((error: unknown) => {
		if (!stop.signal.aborted) claim.logger.error('A claim is renewed no more', { error: String(error) });
	});
	return () => stop.abort();
}

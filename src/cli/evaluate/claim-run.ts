import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { EvaluationStore } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';

/** Milliseconds that a claim holds without being renewed, and between two renewals. */
const CLAIM_MS = 60_000;
const RENEW_MS = 15_000;

/** The process that a holder names is one of this machine and has ended. */
function isGone(holder: string): boolean {
	const [pid, host] = holder.split(' ');
	if (host !== hostname()) return false;
	try {
		process.kill(Number(pid), 0);
		return false;
	} catch (error) {
		return error instanceof Error && 'code' in error && error.code === 'ESRCH';
	}
}

/**
 * Works on a run as the only process: two would ask, and pay, for the same answers. What a process that has ended held is taken over at
 * once on its own machine, elsewhere after a minute. `work` gets a signal that is aborted when the run is lost to another process.
 * @throws InvalidInputError where another process works on it
 */
export async function withClaim<Result>(
	store: EvaluationStore,
	runId: string,
	signal: AbortSignal,
	work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
	const holder = `${process.pid} ${hostname()} ${randomBytes(4).toString('hex')}`;
	const claim = (instead?: string) =>
		store.claim(runId, holder, {
			now: Date.now(),
			until: Date.now() + CLAIM_MS,
			...(instead !== undefined && { instead }),
		});
	let current = await claim();
	if (current !== null && current !== holder && isGone(current)) current = await claim(current);
	if (current !== holder) {
		const [pid, host] = (current ?? '').split(' ');
		throw new InvalidInputError(
			`Process ${pid} on ${host} works on run ${runId}; two would pay twice. Wait for it or stop it, then go on.`,
		);
	}
	const lost = new AbortController();
	const renew = async () => {
		// a database that is busy for a moment loses nothing: the claim holds for several renewals
		const now = await claim().catch(() => holder);
		if (now !== holder) lost.abort(new Error('Another process has taken over the run.'));
	};
	const timer = setInterval(() => void renew(), RENEW_MS);
	try {
		return await work(AbortSignal.any([signal, lost.signal]));
	} finally {
		clearInterval(timer);
		await store.release(runId, holder);
	}
}

import type { IdempotencyClaimId, IdempotencyStore, StoredAnswer } from '../../contracts/index.ts';
import { StorageError } from '../../errors/index.ts';
import { BoundedMap } from '../../util/index.ts';
import { requireAnswerSize } from '../shared/row-rules.ts';

/** Requests under way that name an idempotency key: far more than one process serves at once. */
const MAX_CLAIMS = 10_000;

interface Claim {
	requestHash: string;
	owner: string;
	expiresAt: number;
}

interface AnsweredClaim extends Claim {
	answer: StoredAnswer;
}

/** Answers by idempotency key, of one process. */
export function createMemoryIdempotencyStore(): IdempotencyStore {
	const claims = new Map<string, Claim>();
	const answers = new AnswerCache();
	const findOwn = (request: IdempotencyClaimId): Claim | null => {
		const claim = claims.get(toName(request));
		return claim?.owner === request.owner ? claim : null;
	};
	const expireClaims = (now: number): number => {
		const expired = [...claims].filter(([, claim]) => claim.expiresAt <= now);
		for (const [name] of expired) claims.delete(name);
		return expired.length;
	};
	const requireRoom = (now: number): void => {
		if (claims.size < MAX_CLAIMS || expireClaims(now) > 0) return;
		throw new StorageError(
			'full',
			`${MAX_CLAIMS} requests with an idempotency key are under way, the most this process remembers. Ask again later.`,
		);
	};
	return {
		async claim({ requestHash, owner, now, leaseUntil, ...id }) {
			const name = toName(id);
			const answered = answers.get(name);
			const known = answered ?? claims.get(name);
			if (known !== undefined && known.expiresAt > now) {
				if (known.requestHash !== requestHash) return { state: 'mismatch' };
				if (answered === undefined) return { state: 'running', until: known.expiresAt };
				return { state: 'answered', answer: answered.answer };
			}
			requireRoom(now);
			answers.delete(name);
			claims.set(name, { requestHash, owner, expiresAt: leaseUntil });
			return { state: 'claimed' };
		},
		async renew(request) {
			const claim = findOwn(request);
			if (claim !== null) claim.expiresAt = request.leaseUntil;
			return claim !== null;
		},
		async save(request) {
			const { answer, expiresAt } = request;
			requireAnswerSize(answer);
			const claim = findOwn(request);
			if (claim === null) return false;
			claims.delete(toName(request));
			answers.set(toName(request), { ...claim, expiresAt, answer });
			return true;
		},
		async abandon(request) {
			if (findOwn(request) !== null) claims.delete(toName(request));
		},
		expire: async (now) => answers.expire(now) + expireClaims(now),
	};
}

/** One text per scope and key, whatever they hold. */
function toName({ scope, key }: Pick<IdempotencyClaimId, 'scope' | 'key'>): string {
	return JSON.stringify([scope, key]);
}

const MAX_ANSWERS = 1000;
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** Answers with a bound on their number and bytes; the oldest are evicted. */
class AnswerCache {
	readonly #answers = new BoundedMap<string, AnsweredClaim>(Number.POSITIVE_INFINITY);
	#bytes = 0;

	get(name: string): AnsweredClaim | undefined {
		return this.#answers.peek(name);
	}

	set(name: string, claim: AnsweredClaim): void {
		this.delete(name);
		this.#answers.set(name, claim);
		this.#bytes += claim.answer.body.length;
		while (this.#answers.size > MAX_ANSWERS || this.#bytes > MAX_ANSWER_BYTES)
			this.#bytes -= this.#answers.evictOldest()?.[1].answer.body.length ?? 0;
	}

	delete(name: string): void {
		this.#bytes -= this.#answers.peek(name)?.answer.body.length ?? 0;
		this.#answers.delete(name);
	}

	expire(now: number): number {
		const expired = [...this.#answers].filter(([, claim]) => claim.expiresAt <= now);
		for (const [name] of expired) this.delete(name);
		return expired.length;
	}
}

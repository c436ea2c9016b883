import { MAX_STORED_ANSWER_BYTES, type StoredAnswer } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';

/** Refuses an answer that is too large to be kept. @throws InvalidInputError */
export function requireAnswerSize({ body }: StoredAnswer): void {
	if (body.length <= MAX_STORED_ANSWER_BYTES) return;
	throw new InvalidInputError(
		`An answer of ${body.length} bytes cannot be kept for its idempotency key: ${MAX_STORED_ANSWER_BYTES} is the most.`,
	);
}

import type { VirtualKey } from '../../contracts/index.ts';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import { parseJsonBody, readBody, sendJson } from '../request/index.ts';
import type { HintedRequest, RequestContext } from './request-context.ts';

/** Bytes of a feedback body, at most. */
const MAX_FEEDBACK_BYTES = 64 * 1024;

/**
 * Records a person's rating of an answer, by the decision that the answer's headers named. With a `key`, only answers
 * that were charged to it can be rated, and once: who operates the gateway may change a rating.
 * @throws InvalidInputError naming the field, for a request that no model answered, or for an answer that was rated otherwise, RequestRefusedError (`ROUTER_NOT_FOUND`) for an unknown decision
 */
export async function submitFeedback(
	body: JsonObject,
	{ system }: Pick<GatewayState, 'system'>,
	key: VirtualKey | null = null,
): Promise<{ decision: string; rating: number }> {
	const { decision, rating, comment } = readFeedback(body);
	const feedback = { rating, by: key?.id, ...(comment !== undefined && { comment }) };
	const { records } = await system.flush();
	const trail = await records.trail(decision);
	const isAllowed = key === null || trail?.entries.some(({ attribution }) => attribution?.key === key.id) === true;
	if (trail === null || !isAllowed)
		throw new RequestRefusedError('ROUTER_NOT_FOUND', `There is no decision ${decision.slice(0, 100)} here.`);
	// a rating of what nobody answered would count for the model that was to answer
	if (trail.outcome === null && trail.entries.length === 0)
		throw new InvalidInputError(
			`decision ${decision.slice(0, 100)} has no answer to rate: no model was called for it, or what was asked was refused.`,
		);
	const before = trail.outcome?.userRating ?? null;
	if (key !== null && before !== null) {
		// a repeat, as of a client that did not get the answer, changes nothing
		if (before === rating) return { decision, rating };
		throw new InvalidInputError(
			`decision ${decision.slice(0, 100)} is rated already, with ${before}; a key rates an answer once. Who operates the gateway can change it: POST /admin/v1/feedback, or "switchyard feedback".`,
		);
	}
	await system.recordFeedback(decision, feedback);
	return { decision, rating };
}

/** @throws InvalidInputError naming the field */
function readFeedback(body: JsonObject): { decision: string; rating: number; comment: string | undefined } {
	const { decision, rating, comment } = body;
	if (typeof decision !== 'string' || decision === '') {
		throw new InvalidInputError('decision is missing; give the id that the answer named in x-switchyard-decision.');
	}
	if (typeof rating !== 'number' || !Number.isInteger(rating) || rating < 1 || rating > 5) {
		const shown = JSON.stringify(rating) ?? 'missing';
		throw new InvalidInputError(`rating is ${shown}; it must be a whole number from 1 to 5, 5 best.`);
	}
	if (comment !== undefined && (typeof comment !== 'string' || comment.length > 10_000)) {
		throw new InvalidInputError('comment must be a text of up to 10000 characters.');
	}
	return { decision, rating, comment };
}

/** `POST /v1/feedback`. */
export async function handleFeedback(
	{ request, response }: Pick<HintedRequest, 'request' | 'response'>,
	{ caller, runtime }: Pick<RequestContext, 'caller' | 'runtime'>,
): Promise<void> {
	const { body } = await parseJsonBody(await readBody(request, MAX_FEEDBACK_BYTES));
	sendJson(response, 200, await submitFeedback(body, runtime, caller.key));
}

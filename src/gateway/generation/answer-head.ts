import { NANO_PER_USD, type RoutingDecision } from '../../contracts/index.ts';
import type { AnswerHead } from './stream-sink.ts';

/** Characters of a header that lists names. */
const MAX_LIST = 1000;

/** Characters a header may not carry become `?`. */
function toHeaderText(text: string): string {
	return text.replace(/[^\x20-\x7e]/g, '?');
}

/** What an answer's head is made of. */
export interface AnswerHeadOptions {
	status: number;
	contentType: string;
	/** The provider's id of the request. */
	requestId: string | null;
	dropped: readonly string[];
	decision: RoutingDecision;
	model: string;
	deployment: string | null;
	attempt: number;
}

/** The head of an answer: who answered, by which decision, at which attempt, and what could not be carried. */
export function createAnswerHead(facts: AnswerHeadOptions): AnswerHead {
	const { attempt, contentType, decision, deployment, dropped, model, requestId, status } = facts;
	return {
		status,
		headers: {
			'content-type': contentType,
			...(contentType.startsWith('text/event-stream')
				? { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
				: {}),
			...createDecisionHeaders(decision),
			'x-switchyard-model': toHeaderText(model),
			...(deployment === null ? {} : { 'x-switchyard-deployment': toHeaderText(deployment) }),
			'x-switchyard-attempts': String(attempt),
			...(dropped.length === 0 ? {} : { 'x-switchyard-dropped': toHeaderText(dropped.join(', ')).slice(0, MAX_LIST) }),
			...(requestId === null ? {} : { 'x-request-id': toHeaderText(requestId).slice(0, 200) }),
		},
	};
}

/** What is known as soon as there is a decision, answered or not. */
export function createDecisionHeaders(decision: RoutingDecision | null): Record<string, string> {
	if (decision === null) return {};
	return { 'x-switchyard-decision': decision.id, 'x-switchyard-policy': toHeaderText(decision.policy.name) };
}

/** Nano-dollars as a header says them: USD with nine places, or `unpriced`. */
export function formatCostHeader(costNanoUsd: number | null): string {
	return costNanoUsd === null ? 'unpriced' : (costNanoUsd / NANO_PER_USD).toFixed(9);
}

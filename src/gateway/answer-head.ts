import type { RoutingDecision } from '../contracts/index.ts';
import type { AnswerHead } from './stream-sink.ts';

/** Characters of a header that lists names. */
const MAX_LIST = 1000;

/** Characters a header may not carry become `?`. */
function headerText(text: string): string {
	return text.replace(/[^\x20-\x7e]/g, '?');
}

/** What an answer's head is made of. */
export interface HeadFacts {
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
export function answerHead(facts: HeadFacts): AnswerHead {
	const { attempt, contentType, decision, deployment, dropped, model, requestId, status } = facts;
	return {
		status,
		headers: {
			'content-type': contentType,
			...(contentType.startsWith('text/event-stream')
				? { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
				: {}),
			...decisionHeaders(decision),
			'x-switchyard-model': headerText(model),
			...(deployment === null ? {} : { 'x-switchyard-deployment': headerText(deployment) }),
			'x-switchyard-attempts': String(attempt),
			...(dropped.length === 0 ? {} : { 'x-switchyard-dropped': headerText(dropped.join(', ')).slice(0, MAX_LIST) }),
			...(requestId === null ? {} : { 'x-request-id': headerText(requestId).slice(0, 200) }),
		},
	};
}

/** What is known as soon as there is a decision, answered or not. */
export function decisionHeaders(decision: RoutingDecision | null): Record<string, string> {
	if (decision === null) return {};
	return { 'x-switchyard-decision': decision.id, 'x-switchyard-policy': headerText(decision.policy.name) };
}

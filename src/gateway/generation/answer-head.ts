import type { ServerResponse } from 'node:http';
import { NANO_PER_USD, type RoutingDecision } from '../../contracts/index.ts';

/** Characters of a header that lists names. */
const MAX_LIST_CHARACTERS = 1000;
/** Characters of a provider's request id that are passed on. */
const MAX_ID_CHARACTERS = 200;

/** Status and headers of an answer. */
export interface AnswerHead {
	status: number;
	/** Names in lower case. */
	headers: Readonly<Record<string, string>>;
}

/** Gets a copy of everything that is sent. */
export interface AnswerListener {
	onHead(head: AnswerHead): void;
	onData(chunk: Buffer | string): void;
}

/** Characters that a header may not contain become `?`. */
function toHeaderText(text: string): string {
	return text.replace(/[^\x20-\x7e]/g, '?');
}

/** What the head of an answer says. */
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

/** The head of an answer: which model answered where, by which decision, at which attempt, and which fields were dropped. */
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
			...(dropped.length === 0
				? {}
				: { 'x-switchyard-dropped': toHeaderText(dropped.join(', ')).slice(0, MAX_LIST_CHARACTERS) }),
			...(requestId === null ? {} : { 'x-request-id': toHeaderText(requestId).slice(0, MAX_ID_CHARACTERS) }),
		},
	};
}

/** The headers that are known as soon as there is a decision, for answers and errors. */
export function createDecisionHeaders(decision: RoutingDecision | null): Record<string, string> {
	if (decision === null) return {};
	return { 'x-switchyard-decision': decision.id, 'x-switchyard-policy': toHeaderText(decision.policy.name) };
}

/** A cost as a header: USD with nine decimals, or `unpriced` (`null`). */
export function formatCostHeader(costNanoUsd: number | null): string {
	return costNanoUsd === null ? 'unpriced' : (costNanoUsd / NANO_PER_USD).toFixed(9);
}

/** Sends an answer that came in one piece, with what it cost. */
export function sendWholeAnswer(
	response: ServerResponse,
	{ body, head }: { head: AnswerHead; body: Buffer | string },
	{ costNanoUsd, listener }: { costNanoUsd: number | null; listener: AnswerListener | null },
): void {
	const { status } = head;
	const headers = { ...head.headers, 'x-switchyard-cost': formatCostHeader(costNanoUsd) };
	listener?.onHead({ status, headers });
	listener?.onData(body);
	if (response.destroyed) return;
	response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
	response.end(body);
}

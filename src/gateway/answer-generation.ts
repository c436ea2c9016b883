import type { ServerResponse } from 'node:http';
import type { Usage } from '../contracts/index.ts';
import { isRouterError } from '../errors/index.ts';
import type { AttemptAnswer } from './attempts/index.ts';
import { formatCost } from './format-cost.ts';
import { Generation, type GenerationPorts, type GenerationRequest } from './generation.ts';
import { sendError, sendStreamError } from './send-error.ts';
import { type AnswerListener, type FrameRewriter, StreamSink } from './stream-sink.ts';

/** A request as it was read: all but where its answer goes. */
export type ReadRequest = Omit<GenerationRequest, 'sink'> & {
	/** Writes a stream in another shape than events. */
	rewriter: FrameRewriter | null;
};

/** What answering needs. */
export interface AnsweringPorts extends GenerationPorts {
	/** Hears what requests failed of. */
	onError(error: unknown): void;
	/** Hears that the first output of a stream is sent. */
	onFirstOutput(): void;
}

/** The last words of a stream: what could not be known when it began. A comment: clients pass over it. */
function trailer(facts: { decision: string; model: string; attempts: number; cost: string }): string {
	const said = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
	return `: switchyard ${said.join(' ')}\n\n`;
}

function sendWhole(
	response: ServerResponse,
	{ body, head }: NonNullable<AttemptAnswer['whole']>,
	{ cost, listener }: { cost: string; listener: AnswerListener | null },
): void {
	const headers = { ...head.headers, 'x-switchyard-cost': cost };
	listener?.head({ status: head.status, headers });
	listener?.data(body);
	if (response.destroyed) return;
	response.writeHead(head.status, { ...headers, 'content-length': Buffer.byteLength(body) });
	response.end(body);
}

/** Generates an answer and sends it, or tells the caller why there is none. The usage of an answer that is whole, else `null`. */
export async function answerGeneration(
	response: ServerResponse,
	request: ReadRequest,
	{ listener, ports }: { ports: AnsweringPorts; listener: AnswerListener | null },
): Promise<Usage | null> {
	const { format, signal, wire } = request;
	const sink = wire.isStream
		? new StreamSink(response, { listener, rewriter: request.rewriter, onCommit: ports.onFirstOutput })
		: null;
	const generation = new Generation({ ...request, sink }, ports);
	try {
		const { decision, executed } = await generation.run();
		const { usage, whole } = executed.value;
		const cost = formatCost(executed.costNanoUsd);
		if (whole !== null) sendWhole(response, whole, { cost, listener });
		else sink?.end(trailer({ decision: decision.id, model: executed.model, attempts: generation.calls, cost }));
		return usage;
	} catch (failure) {
		// Who was cut is told why; who left hears nothing any more.
		const error = signal.aborted && isRouterError(signal.reason) ? signal.reason : failure;
		const now = ports.clock.now();
		// To who takes nothing any more, nothing can be told.
		if (sink?.isCommitted && response.writableNeedDrain) response.destroy();
		else if (sink?.isCommitted) sendStreamError(sink, format, { error, now });
		else sendError(response, format, { error, now, decision: generation.decision });
		if (!signal.aborted) ports.onError(error);
		return null;
	}
}

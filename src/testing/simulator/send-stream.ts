import { DEFAULT_INTERVAL_MS, type Exchange, formatJson } from './exchange.ts';
import type { ScriptedFault, SimulatedModel, SimulatedRequest } from './simulator-options.ts';
import type { SimulatedAnswer, SimulatedEvent, SimulatedFormat } from './wire-format.ts';

/** An event whose data is no JSON. */
const BROKEN_FRAME = 'data: {"id": "broken", "choices": [{"delta": {"content": \n\n';

function formatEvent({ event, data }: SimulatedEvent, fault: ScriptedFault | null = null): string {
	const text = typeof data === 'string' ? data : formatJson(data, fault);
	return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`;
}

/** What is sent, and how. */
interface StreamPlan {
	events: readonly SimulatedEvent[];
	answer: SimulatedAnswer;
	format: SimulatedFormat;
	script: SimulatedModel;
	fault: ScriptedFault | null;
}

/** The events that are left when a fault leaves some out or repeats some. */
function selectEvents({ events, fault }: StreamPlan): readonly SimulatedEvent[] {
	const isLast = ({ place }: SimulatedEvent) => place === 'end' || place === 'done';
	if (fault?.fault === 'no-done') return events.filter(({ place }) => place !== 'done');
	if (fault?.fault === 'no-finish') return events.filter((event) => !isLast(event));
	return fault?.fault === 'duplicate-finish' ? [...events, ...events.filter(isLast)] : events;
}

async function sendPings(exchange: Exchange, ping: string, everyMs: number): Promise<void> {
	while (!exchange.isGone) {
		await exchange.write(ping);
		await exchange.wait(everyMs);
	}
}

/** Sends what a fault puts in the middle of a stream. True when the stream ends with it. */
async function sendStreamFault(exchange: Exchange, scripted: ScriptedFault, format: SimulatedFormat): Promise<boolean> {
	switch (scripted.fault) {
		case 'cut':
			exchange.hangUp();
			return true;
		case 'reset':
			// what was written must be sent before the reset discards it
			await exchange.wait(5);
			exchange.reset();
			return true;
		case 'stall':
			await exchange.stall(scripted.forMs);
			return true;
		case 'stream-error':
			exchange.end(formatEvent(format.streamError('Overloaded')));
			return true;
		case 'malformed':
			await exchange.write(BROKEN_FRAME);
			return false;
		default:
			return false;
	}
}

/** The index of the event before which a fault comes: after so many tokens, or half of them. */
function findFaultIndex(events: readonly SimulatedEvent[], afterTokens: number | undefined): number {
	const tokens = events.flatMap(({ place }, index) => (place === 'token' ? [index] : []));
	const sent = Math.min(afterTokens ?? Math.floor(tokens.length / 2), tokens.length);
	return sent === 0 ? 0 : (tokens[sent - 1] ?? 0) + 1;
}

/** Bills the input, all reasoning that is not shown, and a part of the rest of the output, 0 to 1. */
export function bill(record: SimulatedRequest, answer: SimulatedAnswer, part: number): void {
	const { cachedTokens, inputTokens, outputTokens, reasoningTokens, searches, serviceTier, writtenTokens } = answer;
	const isShown = answer.blocks.some(({ type }) => type === 'reasoning');
	record.billed = {
		inputTokens: inputTokens - cachedTokens - writtenTokens.fiveMinutes - writtenTokens.hour,
		cacheReadTokens: cachedTokens,
		cacheWrite5mTokens: writtenTokens.fiveMinutes,
		cacheWrite1hTokens: writtenTokens.hour,
		outputTokens: Math.ceil(outputTokens * part),
		reasoningTokens: isShown ? Math.ceil(reasoningTokens * part) : reasoningTokens,
		...(searches > 0 && { perUse: { webSearch: searches } }),
		...(serviceTier !== 'standard' && { serviceTier }),
	};
}

async function sendEvent(
	exchange: Exchange,
	event: SimulatedEvent,
	{ script, fault }: StreamPlan,
	onToken: () => void = () => {},
): Promise<void> {
	const text = formatEvent(event, fault);
	if (fault?.fault === 'slowloris') await exchange.writeSlowly(text, fault.everyMs);
	else await exchange.write(text);
	if (event.place !== 'token') return;
	exchange.record.tokensSent += 1;
	onToken();
	await exchange.wait(script.tokensPerSecond === undefined ? 0 : 1000 / script.tokensPerSecond);
}

/** Streams an answer in the provider's frames; a fault comes after so many tokens. */
export async function sendStream(exchange: Exchange, plan: StreamPlan): Promise<void> {
	const { answer, fault, format, script } = plan;
	const type = fault?.fault === 'wrong-type' ? 'text/plain' : 'text/event-stream; charset=utf-8';
	exchange.head(200, { 'content-type': type, 'cache-control': 'no-cache' });
	const events = selectEvents(plan);
	const tokens = Math.max(1, events.filter(({ place }) => place === 'token').length);
	const billSent = () =>
		bill(exchange.record, answer, script.billsAfterDisconnect === true ? 1 : exchange.record.tokensSent / tokens);
	billSent();
	for (const event of events.filter(({ place }) => place === 'start')) await sendEvent(exchange, event, plan);
	await exchange.wait(script.firstTokenMs ?? 0);
	if (fault?.fault === 'pings') return await sendPings(exchange, format.ping, fault.everyMs ?? DEFAULT_INTERVAL_MS);
	const body = events.filter(({ place }) => place !== 'start');
	const faultIndex = findFaultIndex(body, fault?.afterTokens);
	for (const [index, event] of body.entries()) {
		if (exchange.isGone) return;
		if (fault !== null && index === faultIndex && (await sendStreamFault(exchange, fault, format))) return;
		await sendEvent(exchange, event, plan, billSent);
	}
	exchange.end();
}

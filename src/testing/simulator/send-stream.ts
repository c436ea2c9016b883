import type { Exchange } from './exchange.ts';
import type { ScriptedFault, SimulatedModel } from './simulator-options.ts';
import type { SimulatedEvent, SimulatedFormat } from './wire-format.ts';

/** Milliseconds between two bytes or pings. */
export const DEFAULT_INTERVAL_MS = 100;

/** An event that is no JSON. */
const BROKEN_FRAME = 'data: {"id": "broken", "choices": [{"delta": {"content": \n\n';

function frame({ event, data }: SimulatedEvent): string {
	const text = typeof data === 'string' ? data : JSON.stringify(data);
	return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`;
}

/** What is sent, and how. */
export interface StreamPlan {
	events: readonly SimulatedEvent[];
	format: SimulatedFormat;
	model: SimulatedModel;
	met: ScriptedFault | null;
}

/** The events that are left when a fault leaves some out or repeats some. */
function applyFault({ events, met }: StreamPlan): readonly SimulatedEvent[] {
	const isLast = ({ place }: SimulatedEvent) => place === 'end' || place === 'done';
	if (met?.fault === 'no-done') return events.filter(({ place }) => place !== 'done');
	if (met?.fault === 'no-finish') return events.filter((event) => !isLast(event));
	return met?.fault === 'duplicate-finish' ? [...events, ...events.filter(isLast)] : events;
}

/** Sends a text one character at a time. */
export async function sendByCharacter(exchange: Exchange, text: string, everyMs: number): Promise<void> {
	for (const byte of text) {
		await exchange.wait(everyMs);
		if (exchange.isGone) return;
		await exchange.write(byte);
	}
}

async function pingOn(exchange: Exchange, ping: string, everyMs: number): Promise<void> {
	while (!exchange.isGone) {
		await exchange.write(ping);
		await exchange.wait(everyMs);
	}
}

/** Strikes where the stream has come to the fault's place. True when the stream is over. */
async function sendStreamFault(exchange: Exchange, met: ScriptedFault, format: SimulatedFormat): Promise<boolean> {
	switch (met.fault) {
		case 'cut':
			exchange.hangUp();
			return true;
		case 'reset':
			// What was written is on its way before the reset overtakes it.
			await exchange.wait(5);
			exchange.reset();
			return true;
		case 'stall':
			if (met.forMs === undefined) return true;
			await exchange.wait(met.forMs);
			exchange.hangUp();
			return true;
		case 'stream-error':
			exchange.end(frame(format.streamError('Overloaded')));
			return true;
		case 'malformed':
			await exchange.write(BROKEN_FRAME);
			return false;
		default:
			return false;
	}
}

type Step = SimulatedEvent | 'first-token' | 'strike';

/** The events with the places at which the stream waits for its first token and at which a fault strikes. */
function planSteps(plan: StreamPlan): Step[] {
	const events = applyFault(plan);
	const tokens = events.filter(({ place }) => place === 'token').length;
	const strikesAt = Math.min(plan.met?.afterTokens ?? Math.floor(tokens / 2), tokens);
	const steps: Step[] = events.filter(({ place }) => place === 'start');
	steps.push('first-token');
	let sent = 0;
	for (const event of events.filter(({ place }) => place !== 'start')) {
		if (sent === strikesAt && !steps.includes('strike')) steps.push('strike');
		steps.push(event);
		if (event.place === 'token') sent += 1;
	}
	return steps;
}

async function sendEvent(exchange: Exchange, event: SimulatedEvent, { model, met }: StreamPlan): Promise<void> {
	const text = frame(event);
	if (met?.fault === 'slowloris') await sendByCharacter(exchange, text, met.everyMs ?? DEFAULT_INTERVAL_MS);
	else await exchange.write(text);
	if (event.place !== 'token') return;
	exchange.record.tokensSent += 1;
	await exchange.wait(model.tokensPerSecond === undefined ? 0 : 1000 / model.tokensPerSecond);
}

/** Does one step. True when the stream is over. */
async function takeStep(exchange: Exchange, step: Step, plan: StreamPlan): Promise<boolean> {
	const { format, model, met } = plan;
	if (step === 'strike') return met !== null && (await sendStreamFault(exchange, met, format));
	if (step !== 'first-token') {
		await sendEvent(exchange, step, plan);
		return exchange.isGone;
	}
	await exchange.wait(model.firstTokenMs ?? 0);
	if (met?.fault !== 'pings') return exchange.isGone;
	await pingOn(exchange, format.ping, met.everyMs ?? DEFAULT_INTERVAL_MS);
	return true;
}

/** Streams an answer as the provider frames it; faults strike after so many tokens. */
export async function sendStream(exchange: Exchange, plan: StreamPlan): Promise<void> {
	const type = plan.met?.fault === 'wrong-type' ? 'text/plain' : 'text/event-stream; charset=utf-8';
	exchange.head(200, { 'content-type': type, 'cache-control': 'no-cache' });
	for (const step of planSteps(plan)) {
		if (await takeStep(exchange, step, plan)) return;
	}
	exchange.end();
}

import { isRouterError, RequestRefusedError } from '../../errors/index.ts';
import type { Channel, Notice, WorkerError } from './messages.ts';

type Calls = Record<string, { ask: unknown; answer: unknown }>;
/** Answers the calls of the other process. */
export type Handlers<Served extends Calls> = {
	[Kind in keyof Served]: (ask: Served[Kind]['ask']) => Promise<Served[Kind]['answer']> | Served[Kind]['answer'];
};

/** An error in a form that can be sent. */
export function toWorkerError(error: unknown): WorkerError {
	const message = error instanceof Error ? error.message : String(error);
	const retryAfterMs = error instanceof RequestRefusedError ? (error.retryAfterMs ?? null) : null;
	return { message, code: isRouterError(error) ? error.code : null, retryAfterMs };
}

/** The error that was sent: a request that was refused there is refused here. */
function fromWorkerError({ code, message, retryAfterMs }: WorkerError): Error {
	if (code !== 'ROUTER_RATE_LIMITED') return new Error(message);
	return new RequestRefusedError(code, message, retryAfterMs === null ? {} : { retryAfterMs });
}

/** The other end of a channel: calls with an answer, and notices without. */
export class Peer<Asked extends Calls, Served extends Calls> {
	readonly #channel: Channel;
	/** As many as there are calls under way. */
	readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
	#calls = 0;
	#isGone = false;

	constructor(channel: Channel, handlers: Handlers<Served>, onNotice: (notice: Notice) => void) {
		this.#channel = channel;
		channel.onEnd(() => this.#end());
		channel.onEnvelope((envelope) => {
			if ('notice' in envelope) onNotice(envelope.notice);
			else if ('call' in envelope) void this.#answer(envelope, handlers);
			else this.#settle(envelope);
		});
	}

	/** Asks the other process. @throws what it threw, or an error when it is gone */
	call<Kind extends keyof Asked & string>(kind: Kind, ask: Asked[Kind]['ask']): Promise<Asked[Kind]['answer']> {
		if (this.#isGone) return Promise.reject(createGoneError());
		this.#calls += 1;
		const call = this.#calls;
		return new Promise((resolve, reject) => {
			this.#waiting.set(call, { resolve, reject });
			this.#channel.send({ call, kind, ask });
		});
	}

	/** Tells the other process; lost when it is gone. */
	tell(notice: Notice): void {
		if (!this.#isGone) this.#channel.send({ notice });
	}

	async #answer(
		{ ask, call, kind }: { call: number; kind: string; ask: unknown },
		handlers: Handlers<Served>,
	): Promise<void> {
		try {
			// both ends are of the same version: what is asked is what the handler takes
			const answer = await handlers[kind as keyof Served]?.(ask as never);
			if (!this.#isGone) this.#channel.send({ reply: call, answer });
		} catch (error) {
			if (!this.#isGone) this.#channel.send({ reply: call, error: toWorkerError(error) });
		}
	}

	#settle(envelope: { reply: number } & ({ answer: unknown } | { error: WorkerError })): void {
		const waiting = this.#waiting.get(envelope.reply);
		this.#waiting.delete(envelope.reply);
		if ('error' in envelope) waiting?.reject(fromWorkerError(envelope.error));
		else waiting?.resolve(envelope.answer);
	}

	#end(): void {
		this.#isGone = true;
		for (const { reject } of this.#waiting.values()) reject(createGoneError());
		this.#waiting.clear();
	}
}

const createGoneError = (): Error => new Error('The other process of this gateway is gone.');

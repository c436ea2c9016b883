import type { ServerResponse } from 'node:http';
import type { RouterEvent, RouterEventListener } from '../../../contracts/index.ts';
import { SECOND_MS } from '../../../util/index.ts';
import { PAGE_HEADERS } from './assets.ts';

/** Milliseconds between two messages of one kind at least: many requests share one. */
const TICK_MS = 2 * SECOND_MS;
/** Milliseconds of silence after which a stream says that it is alive, so that no proxy takes it for dead. */
const KEEP_ALIVE_MS = 15 * SECOND_MS;
/** Milliseconds between two looks where other processes may have changed something. */
const PEERS_MS = 5 * SECOND_MS;
/** Streams at once; a page that gets none asks by itself. */
const MAX_STREAMS = 200;
/** Alerts that are remembered, the newest. */
const MAX_ALERTS = 50;

/** An alert as it is remembered since the gateway began. */
export interface HeardAlert {
	/** Epoch milliseconds. */
	at: number;
	event: Extract<RouterEvent, { type: 'budget-alert' | 'storage-degraded' | 'storage-recovered' }>;
}

/** What live updates come from. */
interface LiveUpdatesOptions {
	/** Epoch milliseconds. */
	now: () => number;
	/** Calls the listener with every event of the system in use, until the answer is called. */
	subscribe: (listener: RouterEventListener) => () => void;
	/** Other processes serve at the same address: what they do is not heard here. */
	hasPeers: boolean;
}

interface Stream {
	response: ServerResponse;
	/** False once its session has ended. */
	isAllowed: () => Promise<boolean>;
}

/** Tells open pages that something has changed, by server-sent events. Nothing runs while no page is open or nothing happens. */
export class LiveUpdates {
	readonly #options: LiveUpdatesOptions;
	readonly #streams = new Set<Stream>();
	readonly #alerts: HeardAlert[] = [];
	#timer: ReturnType<typeof setTimeout> | null = null;
	#keepAlive: ReturnType<typeof setInterval> | null = null;
	#decisions = 0;
	#alertsHeard = 0;
	#isClosed = false;
	#unsubscribe: (() => void) | null = null;

	constructor(options: LiveUpdatesOptions) {
		this.#options = options;
	}

	/** The newest first. */
	get alerts(): readonly HeardAlert[] {
		return this.#alerts;
	}

	/** Open streams. */
	get size(): number {
		return this.#streams.size;
	}

	/** Remembers an alert, and tells of it. */
	addAlert(event: HeardAlert['event']): void {
		this.#alertsHeard += 1;
		this.#alerts.unshift({ at: this.#options.now(), event });
		this.#alerts.length = Math.min(this.#alerts.length, MAX_ALERTS);
		this.announce();
	}

	/** Listens to the system that is in use from now on. */
	renew(): void {
		if (this.#unsubscribe === null) return;
		this.#unsubscribe();
		this.#unsubscribe = this.#options.subscribe(this.#onEvent);
	}

	readonly #onEvent: RouterEventListener = ({ type }) => {
		if (type === 'decision-made') this.#decisions += 1;
		if (type === 'decision-made' || type === 'outcome-recorded' || type === 'cost-recorded') this.announce();
	};

	/** Has every open page look again, soon. */
	announce(): void {
		if (this.#streams.size > 0) this.#timer ??= setTimeout(() => void this.#tick(), TICK_MS).unref();
	}

	/** Answers a request with a stream of messages. */
	open(response: ServerResponse, isAllowed: Stream['isAllowed']): void {
		if (this.#isClosed || this.#streams.size >= MAX_STREAMS) {
			response.writeHead(503, { ...PAGE_HEADERS, 'retry-after': '30', 'cache-control': 'no-store' }).end();
			return;
		}
		response.writeHead(200, {
			...PAGE_HEADERS,
			'content-type': 'text/event-stream',
			'cache-control': 'no-store',
			// buffering proxies would hold messages back
			'x-accel-buffering': 'no',
		});
		response.write(`retry: 3000\n${this.#message('hello')}`);
		const stream = { response, isAllowed };
		this.#streams.add(stream);
		response.once('close', () => this.#remove(stream));
		this.#unsubscribe ??= this.#options.subscribe(this.#onEvent);
		const { hasPeers } = this.#options;
		const beat = (): void => (hasPeers ? this.announce() : this.#write(': alive\n\n'));
		this.#keepAlive ??= setInterval(beat, hasPeers ? PEERS_MS : KEEP_ALIVE_MS).unref();
	}

	/** Ends every stream; pages come back by themselves. */
	close(): void {
		this.#isClosed = true;
		for (const { response } of this.#streams) response.end();
	}

	#remove(stream: Stream): void {
		this.#streams.delete(stream);
		if (this.#streams.size > 0) return;
		if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#unsubscribe?.();
		this.#unsubscribe = null;
		this.#keepAlive = null;
		this.#timer = null;
	}

	async #tick(): Promise<void> {
		this.#timer = null;
		for (const stream of this.#streams) {
			// also where the keys cannot be read: the page asks again, and is told why
			if (!(await stream.isAllowed().catch(() => false))) stream.response.end();
		}
		this.#write(this.#message('changed'));
	}

	#message(event: 'hello' | 'changed'): string {
		const data = { at: this.#options.now(), decisions: this.#decisions, alerts: this.#alertsHeard };
		return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
	}

	/** A page that does not read gets no more: its connection would hold all that it has not read. */
	#write(text: string): void {
		for (const { response } of this.#streams) if (!response.writableNeedDrain) response.write(text);
	}
}

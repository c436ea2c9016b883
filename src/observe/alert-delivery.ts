import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, RouterEvent } from '../contracts/index.ts';
import { escapeLines, SYSTEM_CLOCK } from '../util/index.ts';

/** A budget alert as it is delivered. */
type AlertEvent = Extract<RouterEvent, { type: 'budget-alert' }>;

/** Times that the webhook is tried for one alert. */
const MAX_TRIES = 4;
/** Milliseconds before the first retry; doubled for each further one. */
const FIRST_RETRY_DELAY_MS = 500;
/** Milliseconds that one try, or the program, may take. */
const DELIVERY_TIMEOUT_MS = 10_000;
/** Milliseconds that `close` waits for deliveries in flight. */
const CLOSE_TIMEOUT_MS = 5000;
/** Deliveries in flight; beyond this an alert is dropped and logged. */
const MAX_IN_FLIGHT = 100;

/** Where alerts go. Holds a secret: never log it. */
interface AlertDeliveryOptions {
	webhook?: { url: string; secret: string | null } | undefined;
	/** A program and its arguments, run without a shell; the alert comes as JSON on its standard input. */
	command?: readonly string[] | undefined;
	logger: Logger;
	/** Calls the webhook. @default Node's own, past every proxy */
	fetch?: typeof fetch | undefined;
	/** Milliseconds before the first retry. @default 500 */
	firstRetryDelayMs?: number | undefined;
	/** Epoch milliseconds. @default the machine's clock */
	now?: (() => number) | undefined;
}

/** Delivers alerts off the path of any request. */
export interface AlertDelivery {
	/** Starts the delivery; never throws, never waits. */
	deliver(event: AlertEvent): void;
	/** Resolves when every delivery has succeeded or was given up. */
	close(): Promise<void>;
}

/**
 * The signature header of a delivery: `t=<epoch seconds>,v1=<hex>` with the HMAC-SHA-256 of `<t>.<body>`. The receiver
 * computes the same, compares, and refuses old timestamps.
 */
function signAlert(body: string, secret: string, atMs: number): string {
	const seconds = Math.floor(atMs / 1000);
	const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
	return `t=${seconds},v1=${mac}`;
}

/** What is posted, and until when. */
interface Delivery {
	headers: Record<string, string>;
	body: string;
	stop: AbortSignal;
}

async function post(url: string, { body, headers, stop }: Delivery, send: typeof fetch): Promise<void> {
	const signal = AbortSignal.any([AbortSignal.timeout(DELIVERY_TIMEOUT_MS), stop]);
	const response = await send(url, { method: 'POST', headers, body, redirect: 'error', signal });
	await response.body?.cancel();
	if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}

async function sendToWebhook(
	{ url, secret }: NonNullable<AlertDeliveryOptions['webhook']>,
	body: string,
	stop: AbortSignal,
	options: AlertDeliveryOptions,
): Promise<void> {
	const { firstRetryDelayMs = FIRST_RETRY_DELAY_MS, now = SYSTEM_CLOCK.now } = options;
	for (let attempt = 1; ; attempt += 1) {
		const headers: Record<string, string> = { 'content-type': 'application/json' };
		if (secret !== null) headers['x-switchyard-signature'] = signAlert(body, secret, now());
		try {
			return await post(url, { headers, body, stop }, options.fetch ?? fetch);
		} catch (error) {
			if (attempt === MAX_TRIES || stop.aborted) throw error;
			await sleep(firstRetryDelayMs * 2 ** (attempt - 1));
		}
	}
}

function runCommand([program = '', ...args]: readonly string[], body: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], timeout: DELIVERY_TIMEOUT_MS });
		child.on('error', reject);
		child.on('close', (code) => {
			if (code === 0) resolve();
			else reject(new Error(`the program ended with ${code ?? 'a signal'}`));
		});
		// a program that does not read its input closes it: no failure
		child.stdin.on('error', () => undefined);
		child.stdin.end(body);
	});
}

/** Delivers budget alerts to a webhook and a program; failures go to the log. */
export function createAlertDelivery(options: AlertDeliveryOptions): AlertDelivery {
	const { webhook, command, logger } = options;
	const inFlight = new Set<Promise<void>>();
	const stop = new AbortController();
	const start = (what: string, work: Promise<void>): void => {
		const ended = work
			.catch((error: unknown) => logger.error(`A budget alert did not reach the ${what}`, { error: String(error) }))
			.finally(() => inFlight.delete(ended));
		inFlight.add(ended);
	};
	return {
		deliver(event) {
			if (inFlight.size >= MAX_IN_FLIGHT) return logger.error('A budget alert was dropped: too many are on their way');
			const body = escapeLines(JSON.stringify(event));
			if (webhook !== undefined) start('webhook', sendToWebhook(webhook, body, stop.signal, options));
			if (command !== undefined) start('program', runCommand(command, body));
		},
		async close() {
			// what is not delivered by then is given up, and logged
			const limit = setTimeout(() => stop.abort(new Error('the program ended')), CLOSE_TIMEOUT_MS);
			while (inFlight.size > 0) await Promise.all(inFlight);
			clearTimeout(limit);
		},
	};
}

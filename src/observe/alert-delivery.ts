import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import type { Logger, RouterEvent } from '../contracts/index.ts';

/** A budget alert as it is delivered. */
export type AlertEvent = Extract<RouterEvent, { type: 'budget-alert' }>;

/** Tries of one delivery to the webhook. */
const MAX_TRIES = 4;
/** Milliseconds before the first repetition; doubled for each further one. */
const FIRST_RETRY_DELAY_MS = 500;
/** Milliseconds one try, or the program, may take. */
const DELIVERY_TIMEOUT_MS = 10_000;
/** Milliseconds that closing waits for alerts on their way. */
const CLOSE_TIMEOUT_MS = 5000;
/** Alerts on their way at most; beyond, the newest is dropped and logged. */
const MAX_IN_FLIGHT = 100;

/** Where alerts go. Holds a secret: never log it. */
export interface AlertDeliveryOptions {
	webhook?: { url: string; secret: string | null };
	/** A program and its arguments, run without a shell; the alert comes as JSON on its standard input. */
	command?: readonly string[];
	logger: Logger;
	/** Milliseconds before the first repetition. @default 500 */
	firstRetryDelayMs?: number;
	/** @default Date.now */
	now?: () => number;
}

/** Delivers alerts off the path of any request. */
export interface AlertDelivery {
	/** Starts the delivery; never throws, never waits. */
	deliver(event: AlertEvent): void;
	/** Resolves when everything on its way has arrived or was given up. */
	close(): Promise<void>;
}

/**
 * The signature header of a delivery: `t=<epoch seconds>,v1=<hex>` with the HMAC-SHA256 of `<t>.<body>`. The receiver
 * computes the same and compares, and refuses what is old.
 */
function signAlert(body: string, secret: string, atMs: number): string {
	const seconds = Math.floor(atMs / 1000);
	const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
	return `t=${seconds},v1=${mac}`;
}

async function post(
	url: string,
	headers: Record<string, string>,
	given: { body: string; stop: AbortSignal },
): Promise<void> {
	const { body, stop } = given;
	const response = await fetch(url, {
		method: 'POST',
		headers,
		body,
		redirect: 'error',
		signal: AbortSignal.any([AbortSignal.timeout(DELIVERY_TIMEOUT_MS), stop]),
	});
	await response.body?.cancel();
	if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}

function sleepMs(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
	});
}

async function sendToWebhook(
	webhook: { url: string; secret: string | null },
	given: { body: string; stop: AbortSignal },
	options: AlertDeliveryOptions,
): Promise<void> {
	const { firstRetryDelayMs: firstPauseMs = FIRST_RETRY_DELAY_MS, now = Date.now } = options;
	for (let attempt = 1; ; attempt += 1) {
		const signature =
			webhook.secret === null ? {} : { 'x-switchyard-signature': signAlert(given.body, webhook.secret, now()) };
		try {
			return await post(webhook.url, { 'content-type': 'application/json', ...signature }, given);
		} catch (error) {
			if (attempt === MAX_TRIES || given.stop.aborted) throw error;
			await sleepMs(firstPauseMs * 2 ** (attempt - 1));
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
		// a program that reads nothing closes its input: no failure
		child.stdin.on('error', () => undefined);
		child.stdin.end(body);
	});
}

/** Delivers budget alerts to a webhook and a program; failures go to the log. */
export function createAlertDelivery(options: AlertDeliveryOptions): AlertDelivery {
	const { webhook, command, logger } = options;
	const underWay = new Set<Promise<void>>();
	const stop = new AbortController();
	const start = (what: string, work: Promise<void>): void => {
		const ended = work
			.catch((error: unknown) => logger.error(`A budget alert did not reach the ${what}`, { error: String(error) }))
			.finally(() => underWay.delete(ended));
		underWay.add(ended);
	};
	return {
		deliver(event) {
			if (underWay.size >= MAX_IN_FLIGHT) {
				logger.error('A budget alert was dropped: too many are on their way');
				return;
			}
			const body = JSON.stringify(event);
			if (webhook !== undefined) start('webhook', sendToWebhook(webhook, { body, stop: stop.signal }, options));
			if (command !== undefined) start('program', runCommand(command, body));
		},
		async close() {
			// what has not arrived by then is given up, in the log
			const limit = setTimeout(() => stop.abort(new Error('the program ended')), CLOSE_TIMEOUT_MS);
			while (underWay.size > 0) await Promise.all(underWay);
			clearTimeout(limit);
		},
	};
}

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientConnection, type Exchange } from './client-connection.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import { LoadRecord } from './load-record.ts';

const MAX_IN_FLIGHT = 2000;
const MAX_RECONNECTS_PER_LANE = 50;

/** The requests of a job, by number. */
function createRequests(job: LoadJob): (number: number) => Buffer {
	const requests = job.bodyFiles.map((file) => requestBytes(job, readFileSync(file)));
	return (number) => requests[number % requests.length] ?? Buffer.alloc(0);
}

function requestBytes(job: LoadJob, body: Buffer): Buffer {
	const headers = {
		host: `127.0.0.1:${job.port}`,
		'content-type': 'application/json',
		'content-length': String(body.length),
		accept: job.stream === null ? 'application/json' : 'text/event-stream',
		...job.headers,
	};
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
	return Buffer.concat([Buffer.from(`POST ${job.path} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

/** Arrivals by a timetable: each takes an idle connection or opens another, and waits for nobody. */
async function sendOpen(job: LoadJob, record: LoadRecord): Promise<number> {
	const getRequest = createRequests(job);
	const idle: ClientConnection[] = [];
	let inFlight = 0;
	const startedAt = performance.now();
	const measuredFrom = startedAt + job.warmupMs;
	const endsAt = measuredFrom + job.durationMs;
	const gap = (): number => (-Math.log(1 - Math.random()) * 1000) / job.ratePerSecond;
	const onEnd = (exchange: Exchange, connection: ClientConnection): void => {
		inFlight -= 1;
		if (exchange.intendedAt >= measuredFrom) record.take(exchange);
		if (!connection.isDead) idle.push(connection);
	};
	const connectionFor = (): ClientConnection => {
		for (let next = idle.pop(); next !== undefined; next = idle.pop()) if (!next.isDead) return next;
		record.connectionsOpened += 1;
		return new ClientConnection(job.port);
	};
	for (let next = startedAt + gap(); next < endsAt; next += gap()) {
		const wait = next - performance.now();
		if (wait > 0) await sleep(wait);
		if (inFlight >= MAX_IN_FLIGHT || record.sent >= job.maxRequests) {
			record.fail('not sent');
			continue;
		}
		inFlight += 1;
		record.sent += 1;
		connectionFor().send(getRequest(record.sent), next, onEnd);
	}
	const drainedBy = endsAt + job.drainMs;
	while (inFlight > 0 && performance.now() < drainedBy) await sleep(5);
	if (inFlight > 0) record.fail('no answer in time', inFlight);
	for (const connection of idle) connection.close();
	return job.durationMs;
}

/** A lane sends its next request when the last one is answered. */
async function sendClosed(job: LoadJob, record: LoadRecord): Promise<number> {
	const getRequest = createRequests(job);
	const startedAt = performance.now();
	const measuredFrom = startedAt + job.warmupMs;
	const endsAt = measuredFrom + job.durationMs;
	let answered = 0;
	const lane = (onDone: () => void): void => {
		let connection: ClientConnection | null = null;
		let reconnects = 0;
		const next = (): void => {
			if (performance.now() >= endsAt || record.sent >= job.maxRequests || reconnects > MAX_RECONNECTS_PER_LANE) {
				connection?.close();
				onDone();
				return;
			}
			if (connection === null || connection.isDead) {
				connection = new ClientConnection(job.port);
				record.connectionsOpened += 1;
				reconnects += 1;
			}
			record.sent += 1;
			connection.send(getRequest(record.sent), performance.now(), (exchange) => {
				answered += 1;
				if (exchange.sentAt >= measuredFrom) record.take(exchange);
				next();
			});
		};
		next();
	};
	const lanes = Array.from({ length: job.connections }, () => new Promise<void>((resolve) => lane(resolve)));
	const timeLimit = new AbortController();
	const isLate = sleep(job.warmupMs + job.durationMs + job.drainMs, true, { signal: timeLimit.signal }).catch(
		() => false,
	);
	if (await Promise.race([Promise.all(lanes).then(() => false), isLate]))
		record.fail('no answer in time', record.sent - answered);
	timeLimit.abort();
	return performance.now() - measuredFrom;
}

/** Sends the load that a job names, to loopback only. */
export async function sendLoad(job: LoadJob): Promise<LoadResult> {
	const record = new LoadRecord(job);
	const wallMs = await (job.mode === 'open' ? sendOpen : sendClosed)(job, record);
	return record.result(wallMs);
}

import { connect } from 'node:net';

/** What a raw exchange brought. */
export interface RawAnswer {
	/** Everything that was received. */
	text: string;
	/** Of the first answer; 0 when there was none. */
	status: number;
	/** Statuses of all answers, in their order. */
	statuses: number[];
	/** The other side closed the connection. */
	isClosed: boolean;
	/** Milliseconds until it was closed, or given up. */
	tookMs: number;
}

/** How bytes are sent. */
export interface RawOptions {
	/** Milliseconds after which nobody waits any more. @default 1500 */
	waitMs?: number;
	/** Answers after which nobody waits any more. @default 1 */
	answers?: number;
	/** Sent one after another, with a pause. */
	pauseMs?: number;
}

const STATUS = /HTTP\/1\.1 (\d{3})/g;

function statusesIn(text: string): number[] {
	// An interim answer is none.
	return [...text.matchAll(STATUS)].map(([, status]) => Number(status)).filter((status) => status >= 200);
}

/** Whether so many whole answers have come: a head, and the body that its length announces. */
function isWhole(text: string, answers: number): boolean {
	let rest = text.replace(/^HTTP\/1\.1 1\d\d[\s\S]*?\r\n\r\n/, '');
	for (let answer = 0; answer < answers; answer += 1) {
		const end = rest.indexOf('\r\n\r\n');
		if (end === -1) return false;
		const length = Number(/content-length: (\d+)/i.exec(rest.slice(0, end))?.[1] ?? Number.NaN);
		if (Number.isNaN(length) || rest.length < end + 4 + length) return false;
		rest = rest.slice(end + 4 + length);
	}
	return true;
}

/** Sends bytes as they are, past everything a client library would set right, and reads what comes back. */
export function sendRaw(
	port: number,
	parts: string | Buffer | ReadonlyArray<string | Buffer>,
	options: RawOptions = {},
): Promise<RawAnswer> {
	const { answers = 1, pauseMs = 0, waitMs = 1500 } = options;
	const startedAt = performance.now();
	const { promise, resolve } = Promise.withResolvers<RawAnswer>();
	const socket = connect(port, '127.0.0.1');
	let text = '';
	const finish = (isClosed: boolean) => {
		clearTimeout(timer);
		clearInterval(pump);
		const statuses = statusesIn(text);
		socket.destroy();
		resolve({ text, status: statuses[0] ?? 0, statuses, isClosed, tookMs: performance.now() - startedAt });
	};
	const timer = setTimeout(() => finish(false), waitMs);
	const waiting = typeof parts === 'string' || Buffer.isBuffer(parts) ? [parts] : [...parts];
	const send = () => {
		const part = waiting.shift();
		if (part === undefined) clearInterval(pump);
		else socket.write(part);
	};
	const pump = setInterval(send, pauseMs);
	socket.on('connect', send);
	socket.on('data', (chunk) => {
		text += chunk.toString('latin1');
		if (waiting.length === 0 && isWhole(text, answers)) finish(false);
	});
	// A reset is an end like any other.
	socket.on('error', () => {});
	socket.on('close', () => finish(true));
	return promise;
}

/** A request as text. `lines` go between the request line and the body. */
export function rawRequest(line: string, lines: readonly string[], body = ''): string {
	return [`${line} HTTP/1.1`, ...lines, '', body].join('\r\n');
}

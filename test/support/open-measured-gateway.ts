import { fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * Longest turn of the event loop, milliseconds of processor time on a machine where the reference takes `REFERENCE_MS`.
 * Half as much again beside the other tests, whose files share the processor's caches: a broken bound is far beyond it.
 */
export const LONGEST_TURN_MS: number = process.env['MODE'] === 'event-loop' ? 50 : 75;
/** Of the reference: 100,000 small objects are parsed. */
const REFERENCE_MS = 12;
/** Another request's garbage is collected in one of them at most. */
const TRIES = 3;

/** How the gateway's event loop fared while it served a body; `turnMs`: its longest turn on a machine like the reference's. */
interface Served {
	status: number;
	answer: string;
	turnMs: number;
}

/** A gateway in a process of its own whose event loop is watched. */
export interface MeasuredGateway {
	/** Serves a body, more than once where others on this machine may have been in the way; the best counts. */
	measure(path: string, body: Buffer): Promise<Served>;
	close(): void;
}

async function post(port: number, path: string, body: Buffer): Promise<{ status: number; answer: string }> {
	const headers = { 'content-type': 'application/json', 'content-length': body.length };
	const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers });
	outgoing.end(body);
	const [response] = await once(outgoing, 'response');
	return { status: response.statusCode, answer: await text(response) };
}

/** Opens the gateway before the providers at an address. */
export async function openMeasuredGateway(projectDirectory: string, provider: string): Promise<MeasuredGateway> {
	const child = fork(join(import.meta.dirname, 'measured-gateway.ts'), [projectDirectory, provider]);
	const receive = async () => (await once(child, 'message'))[0];
	const { port } = await receive();
	return {
		async measure(path, body) {
			let turnMs = Number.POSITIVE_INFINITY;
			let last = { status: 0, answer: '' };
			for (let tried = 0; tried < TRIES && turnMs > LONGEST_TURN_MS; tried += 1) {
				child.send('start');
				await receive();
				last = await post(port, path, body);
				child.send('stop');
				const { longestTurnMs, referenceMs } = await receive();
				turnMs = Math.min(turnMs, longestTurnMs / Math.max(1, referenceMs / REFERENCE_MS));
			}
			return { ...last, turnMs };
		},
		close: () => child.disconnect(),
	};
}

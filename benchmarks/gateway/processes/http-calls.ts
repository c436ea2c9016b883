import { connect } from 'node:net';

/** An answer read whole. */
export interface Answer {
	status: number;
	text: string;
}

/** Something listens at this port of loopback. */
export function listensAt(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}

/** One POST; status 0 and the reason where no answer comes in time. */
export async function post(
	url: string,
	{ headers = {}, body }: { headers?: Readonly<Record<string, string>>; body: string },
): Promise<Answer> {
	try {
		const response = await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body,
			signal: AbortSignal.timeout(10_000),
		});
		return { status: response.status, text: await response.text() };
	} catch (error) {
		return { status: 0, text: String(error) };
	}
}

import type { Socket } from 'node:net';
import type { Api, MockRequest } from './behaviour.ts';
import type { MockState } from './mock-state.ts';
import { type ParsedRequest, RequestParser } from './request-parser.ts';
import { StreamSender } from './stream-sender.ts';

const RATE_HEADERS: Readonly<Record<Api, string>> = {
	openai:
		'x-request-id: req_mock\r\nopenai-processing-ms: 1\r\nx-ratelimit-limit-requests: 5000000\r\nx-ratelimit-remaining-requests: 4999999\r\n' +
		'x-ratelimit-reset-requests: 12ms\r\nx-ratelimit-limit-tokens: 400000000\r\nx-ratelimit-remaining-tokens: 399999000\r\nx-ratelimit-reset-tokens: 6ms\r\n',
	anthropic:
		'request-id: req_mock\r\nanthropic-ratelimit-requests-limit: 5000000\r\nanthropic-ratelimit-requests-remaining: 4999999\r\n' +
		'anthropic-ratelimit-requests-reset: 2030-01-01T00:00:00Z\r\nanthropic-ratelimit-tokens-limit: 400000000\r\n' +
		'anthropic-ratelimit-tokens-remaining: 399999000\r\nanthropic-ratelimit-tokens-reset: 2030-01-01T00:00:00Z\r\n',
};

function apiOf(path: string): Api | null {
	if (path.endsWith('/chat/completions')) return 'openai';
	return path.endsWith('/messages') ? 'anthropic' : null;
}

/** Looks at both ends of a body instead of parsing it: the mock must stay cheaper than what is measured. */
function readRequest(api: Api, body: Buffer): MockRequest {
	const ends =
		body.length <= 2048
			? body.toString('latin1')
			: body.toString('latin1', 0, 1024) + body.toString('latin1', body.length - 1024);
	return {
		api,
		model: /"model"\s*:\s*"([^"]{1,200})"/.exec(ends)?.[1] ?? 'unknown',
		isStream: /"stream"\s*:\s*true/.test(ends),
		wantsUsage: /"include_usage"\s*:\s*true/.test(ends),
	};
}

/** One client's connection: answers its requests in turn. */
export class MockConnection {
	readonly #socket: Socket;
	readonly #state: MockState;
	readonly #parser = new RequestParser();
	readonly #waiting: ParsedRequest[] = [];
	#isBusy = false;
	#stream: StreamSender | null = null;

	constructor(socket: Socket, state: MockState) {
		this.#socket = socket;
		this.#state = state;
		socket.on('data', (data: Buffer) => this.#take(data));
		// a peer that goes away is counted where it leaves a stream unfinished
		socket.on('error', () => socket.destroy());
		socket.on('close', () => {
			if (this.#stream !== null) state.counters.abortedStreams += 1;
			this.#stream?.cancel();
		});
	}

	#take(data: Buffer): void {
		try {
			this.#waiting.push(...this.#parser.feed(data));
		} catch {
			this.#state.counters.badRequests += 1;
			this.#socket.destroy();
			return;
		}
		if (!this.#isBusy) this.#next();
	}

	#next(): void {
		const request = this.#waiting.shift();
		this.#isBusy = request !== undefined;
		if (request !== undefined) this.#answer(request);
	}

	#answer(request: ParsedRequest): void {
		if (request.path.startsWith('/__')) {
			this.#sendJson(request, {
				status: '200 OK',
				text: this.#state.administer(request.path, request.body),
				headers: '',
			});
			return;
		}
		const api = apiOf(request.path);
		if (api === null) {
			this.#state.counters.badRequests += 1;
			this.#sendJson(request, { status: '404 Not Found', text: '{"error":{"message":"no such path"}}', headers: '' });
			return;
		}
		this.#state.counters.requests += 1;
		const wanted = readRequest(api, request.body);
		if (wanted.isStream) this.#sendStream(request, wanted);
		else this.#sendJson(request, { status: '200 OK', text: this.#state.json.make(wanted), headers: RATE_HEADERS[api] });
	}

	#sendJson(request: ParsedRequest, answer: { status: string; text: string; headers: string }): void {
		this.#socket.write(
			`HTTP/1.1 ${answer.status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(answer.text)}\r\n${answer.headers}\r\n${answer.text}`,
		);
		this.#finished(request);
	}

	#sendStream(request: ParsedRequest, wanted: MockRequest): void {
		this.#stream = new StreamSender(this.#socket, {
			frames: this.#state.streams.framesOf(wanted),
			behaviour: this.#state.behaviour,
			onEnd: () => {
				this.#stream = null;
				this.#finished(request);
			},
		});
		this.#stream.start(
			`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n${RATE_HEADERS[wanted.api]}\r\n`,
		);
	}

	#finished(request: ParsedRequest): void {
		if (request.keepAlive) this.#next();
		else this.#socket.end();
	}
}

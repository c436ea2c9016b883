import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTemporaryProject } from '../../support/temporary-project.ts';
import { BODY_WRITERS, STRING_BYTES, WORST_SHAPES } from '../../support/worst-bodies.ts';

/** Longest turn that a body may take, milliseconds of processor time on a machine where the reference takes `REFERENCE_MS`. */
const LONGEST_TURN_MS = 50;
/** Of the reference: 100,000 small objects are parsed. */
const REFERENCE_MS = 12;
/** Another request's garbage is collected in one of them at most. */
const TRIES = 3;

const USAGE = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
const ANSWERS: ReadonlyArray<readonly [path: string, answer: object]> = [
	[
		'/messages',
		{
			id: 'msg_1',
			type: 'message',
			role: 'assistant',
			model: 'm',
			content: [{ type: 'text', text: 'ok' }],
			stop_reason: 'end_turn',
			stop_sequence: null,
			usage: { input_tokens: 10, output_tokens: 2 },
		},
	],
	[
		'/responses',
		{
			id: 'resp_1',
			object: 'response',
			created_at: 1,
			model: 'm',
			status: 'completed',
			output: [
				{
					type: 'message',
					id: 'm1',
					role: 'assistant',
					status: 'completed',
					content: [{ type: 'output_text', text: 'ok', annotations: [] }],
				},
			],
			usage: { input_tokens: 10, output_tokens: 2, total_tokens: 12 },
			incomplete_details: null,
			error: null,
		},
	],
	[
		'/chat/completions',
		{
			id: 'c',
			object: 'chat.completion',
			created: 1,
			model: 'm',
			choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
			usage: USAGE,
		},
	],
	[
		'generateContent',
		{
			candidates: [{ content: { role: 'model', parts: [{ text: 'ok' }] }, finishReason: 'STOP' }],
			usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 },
		},
	],
];

const provider = createServer((incoming, response) => {
	const [, answer] = ANSWERS.find(([path]) => incoming.url?.includes(path)) ?? [];
	incoming.resume().once('end', () => {
		response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
	});
});
const project = createTemporaryProject();
let child: ChildProcess;
let port = 0;

const receive = async () => (await once(child, 'message'))[0];

beforeAll(async () => {
	await once(provider.listen(0, '127.0.0.1'), 'listening');
	const address = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
	child = fork(join(import.meta.dirname, '../../support/measured-gateway.ts'), [project.path, address]);
	port = (await receive()).port;
});

afterAll(() => {
	child.disconnect();
	provider.closeAllConnections();
	provider.close();
	project.remove();
});

async function post(path: string, body: Buffer): Promise<{ status: number; answer: string }> {
	const headers = { 'content-type': 'application/json', 'content-length': body.length };
	const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers });
	outgoing.end(body);
	const [response] = await once(outgoing, 'response');
	return { status: response.statusCode, answer: await text(response) };
}

/** How the gateway's event loop fared while it served a body; `delay`: its longest turn, 1 for the longest allowed. */
interface Served {
	status: number;
	answer: string;
	delay: number;
}

/** Serves a body, more than once where others on this machine may have been in the way; the best counts. */
async function measure(path: string, body: Buffer): Promise<Served> {
	let delay = Number.POSITIVE_INFINITY;
	let last = { status: 0, answer: '' };
	for (let tried = 0; tried < TRIES && delay > 1; tried += 1) {
		child.send('start');
		await receive();
		last = await post(path, body);
		child.send('stop');
		const { longestTurnMs, referenceMs } = await receive();
		delay = Math.min(delay, longestTurnMs / (LONGEST_TURN_MS * Math.max(1, referenceMs / REFERENCE_MS)));
	}
	return { ...last, delay };
}

const cases = Object.entries(BODY_WRITERS).flatMap(([format, writer]) =>
	(['own', 'other'] as const).map((whose) => ({ format, writer, whose })),
);

describe('while the dearest body is served that is accepted, nobody else waits for longer than 50 ms', () => {
	it.each(cases)('in $format, for a model of its $whose provider', async ({ writer, whose }) => {
		const model = writer.models[whose];
		const slow: string[] = [];
		await measure(
			writer.path.replace('MODEL', model),
			Buffer.from(writer.body(model, writer.message(writer.text('"hi"')), '')),
		);
		for (const [name, shape] of Object.entries(WORST_SHAPES)) {
			const body = Buffer.from(shape(writer, model, STRING_BYTES[whose]));
			const { answer, delay, status } = await measure(writer.path.replace('MODEL', model), body);
			// a text that is longer than any window is refused only once it is read
			const isServed = status === 200 || answer.includes('No eligible model');
			expect(isServed, `${name}: ${status} ${answer.slice(0, 300)}`).toBe(true);
			if (delay > 1) slow.push(`${name}: ${Math.round(delay * LONGEST_TURN_MS)} ms`);
		}
		expect(slow).toEqual([]);
	});
});

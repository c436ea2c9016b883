import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANSWER_BYTES, LARGE_TEXTS, writeAnswer } from '../../support/large-answers.ts';
import { LONGEST_TURN_MS, type MeasuredGateway, openMeasuredGateway } from '../../support/open-measured-gateway.ts';
import { createTemporaryProject } from '../../support/temporary-project.ts';
import { BODY_WRITERS } from '../../support/worst-bodies.ts';

let quoted = '"ok"';
const provider = createServer(async (incoming, response) => {
	const body = await text(incoming);
	const isStream = body.includes('"stream":true') || incoming.url?.includes('stream') === true;
	const type = isStream ? 'text/event-stream' : 'application/json';
	response.writeHead(200, { 'content-type': type }).end(writeAnswer(incoming.url ?? '', isStream, quoted));
});
const project = createTemporaryProject();
let gateway: MeasuredGateway;

beforeAll(async () => {
	await once(provider.listen(0, '127.0.0.1'), 'listening');
	const address = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
	gateway = await openMeasuredGateway(project.path, address);
});

afterAll(() => {
	gateway.close();
	provider.closeAllConnections();
	provider.close();
	project.remove();
});

/** Asks for an answer that has a text in it. */
async function ask(format: string, whose: 'own' | 'other', isStream: boolean, said: string) {
	const writer = BODY_WRITERS[format];
	if (writer === undefined) throw new RangeError(format);
	quoted = said;
	const model = writer.models[whose];
	const path = writer.path
		.replace('MODEL', model)
		.replace(/:gen.*/, isStream ? ':streamGenerateContent?alt=sse' : ':generateContent');
	const body = JSON.parse(writer.body(model, writer.message(writer.text('"hi"')), ''));
	return await gateway.measure(
		path,
		Buffer.from(JSON.stringify(isStream && format !== 'gemini' ? { ...body, stream: true } : body)),
	);
}

const cases = Object.keys(BODY_WRITERS).flatMap((format) => [true, false].map((isStream) => ({ format, isStream })));

describe('while the largest answer is read that a provider may send, nobody else waits for longer than 50 ms', () => {
	it.each(cases)('in $format, passed through, streamed: $isStream', async ({ format, isStream }) => {
		const slow: string[] = [];
		// the first long text loads the tokenizer
		await ask(format, 'own', isStream, LARGE_TEXTS.words(100_000));
		for (const [name, write] of Object.entries(LARGE_TEXTS)) {
			const { answer, status, turnMs } = await ask(format, 'own', isStream, write(ANSWER_BYTES));
			expect(status, answer.slice(0, 300)).toBe(200);
			if (turnMs > LONGEST_TURN_MS) slow.push(`${name}: ${Math.round(turnMs)} ms`);
		}
		expect(slow).toEqual([]);
	});
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAnswer } from '../../support/large-answers.ts';
import { LONGEST_TURN_MS, type MeasuredGateway, openMeasuredGateway } from '../../support/open-measured-gateway.ts';
import { createTemporaryProject } from '../../support/temporary-project.ts';
import {
	BODY_WRITERS,
	QUICK_SHAPES,
	STRING_BYTES,
	TRANSLATED_SHAPES,
	WORST_SHAPES,
} from '../../support/worst-bodies.ts';

const provider = createServer((incoming, response) => {
	incoming.resume().once('end', () => {
		response.writeHead(200, { 'content-type': 'application/json' }).end(writeAnswer(incoming.url ?? '', false, '"ok"'));
	});
});
const project = createTemporaryProject();
let gateway: MeasuredGateway;

beforeAll(async () => {
	await once(provider.listen(0, '127.0.0.1'), 'listening');
	gateway = await openMeasuredGateway(project.path, `http://127.0.0.1:${(provider.address() as AddressInfo).port}`);
});

afterAll(() => {
	gateway.close();
	provider.closeAllConnections();
	provider.close();
	project.remove();
});

/** All of them take minutes: `npm run test:event-loop`. */
const isLong = process.env['MODE'] === 'event-loop';
const shapes = Object.entries(WORST_SHAPES).filter(([name]) => isLong || QUICK_SHAPES.has(name));
const cases = Object.entries(BODY_WRITERS).flatMap(([format, writer]) =>
	(['own', 'other'] as const).map((whose) => ({ format, writer, whose })),
);

describe('while the dearest body is served that is accepted, nobody else waits for longer than 50 ms', () => {
	it.each(cases)('in $format, for a model of its $whose provider', async ({ writer, whose }) => {
		const model = writer.models[whose];
		const slow: string[] = [];
		await gateway.measure(
			writer.path.replace('MODEL', model),
			Buffer.from(writer.body(model, writer.message(writer.text('"hi"')), '')),
		);
		for (const [name, shape] of shapes) {
			if (whose === 'own' && TRANSLATED_SHAPES.has(name)) continue;
			const body = Buffer.from(shape(writer, model, STRING_BYTES[whose]));
			const { answer, status, turnMs } = await gateway.measure(writer.path.replace('MODEL', model), body);
			// a text that is longer than any window is refused only once it is read
			const isServed = status === 200 || answer.includes('No eligible model');
			expect(isServed, `${name}: ${status} ${answer.slice(0, 300)}`).toBe(true);
			if (turnMs > LONGEST_TURN_MS) slow.push(`${name}: ${Math.round(turnMs)} ms`);
		}
		expect(slow).toEqual([]);
	});
});

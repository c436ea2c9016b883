import { afterEach, expect, it } from 'vitest';
import { openSecurityGateway, type SecurityGateway } from '../../support/open-security-gateway.ts';
import { answerJson, goodAnswer } from '../../support/provider-witness.ts';

let gateway: SecurityGateway | null = null;
afterEach(async () => {
	await gateway?.close();
	gateway = null;
});

it('a model that came out today is passed on, and its charge says that the price is assumed', async () => {
	gateway = await openSecurityGateway();
	const { running, witness } = gateway;
	witness.answer = (response, request) => answerJson(response, goodAnswer(request));
	const answer = await gateway.chat({}, { model: 'gpt-9-mini' });
	expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('choices')]);
	expect(answer.headers.get('x-switchyard-model')).toBe('gpt-9-mini');
	expect(witness.requests.map(({ body }) => JSON.parse(String(body)).model)).toEqual(['gpt-9-mini']);
	const storage = await running.gateway.runtime.system.flush();
	const [entry] = await storage.ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 9);
	expect(entry).toMatchObject({ model: 'gpt-9-mini', usage: { unknownFields: { assumedPrice: true } } });
	expect(entry?.costNanoUsd).toBeGreaterThan(0);
	const decision = await storage.records.decision(answer.headers.get('x-switchyard-decision') ?? '');
	expect(decision?.reasoning.join()).toMatch(
		/gpt-9-mini: its limits and rates are assumed from the family of gpt-[\d.]+-mini/,
	);
});

it('where the rule is off it is refused with the nearest name, and nothing is called', async () => {
	gateway = await openSecurityGateway({ config: { unknownModels: 'refuse' } });
	const answer = await gateway.chat({}, { model: 'gpt-9-mini' });
	expect(answer.status).toBe(404);
	expect(await answer.text()).toMatch(/gpt-5[\d.]*-mini/);
	expect(gateway.witness.requests).toEqual([]);
});

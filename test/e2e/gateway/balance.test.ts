import { afterEach, expect, it } from 'vitest';
import {
	inventedModel,
	openTestGateway,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';

let opened: TestGateway | null = null;
afterEach(async () => {
	await opened?.close();
	opened = null;
});

/** Two deployments of one priority, and one for outages. */
async function open(isDown: (deployment: string) => boolean = () => false): Promise<TestGateway> {
	const place = (id: string) => simulatedDeployment('openai-compatible', { shared: id }, id);
	opened = await openTestGateway({
		deployments: [
			{ ...place('east'), priority: 100, weight: 3 },
			{ ...place('west'), priority: 100 },
			{ ...place('spare'), priority: 200 },
		],
		config: { models: [inventedModel('shared')] },
		simulated: {
			// the model's id tells which deployment was called
			answerWith: ({ model }) => (isDown(model) ? { afterwards: '403' } : null),
			retryAfterSeconds: null,
		},
	});
	return opened;
}

async function ask({ url }: TestGateway, headers: Record<string, string> = {}): Promise<string | null> {
	const response = await fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify({ model: 'shared', messages: [{ role: 'user', content: 'Say hello.' }] }),
	});
	await response.arrayBuffer();
	return response.headers.get('x-switchyard-deployment');
}

it('deployments of one priority answer by weight, and those for outages answer nothing meanwhile', async () => {
	const gateway = await open();
	const places: Array<string | null> = [];
	for (let turn = 0; turn < 8; turn += 1) places.push(await ask(gateway));
	expect(places.filter((place) => place === 'east')).toHaveLength(6);
	expect(places.filter((place) => place === 'west')).toHaveLength(2);
});

it('a conversation stays at one deployment, where its prompt is cached, and moves only when that fails', async () => {
	const down = new Set<string>();
	const gateway = await open((deployment) => down.has(deployment));
	const session = { 'x-switchyard-session': 'conversation-7' };
	const home = await ask(gateway, session);
	for (let turn = 0; turn < 5; turn += 1) {
		await ask(gateway);
		expect(await ask(gateway, session)).toBe(home);
	}
	for (const place of ['east', 'west']) down.add(place);
	expect(await ask(gateway, session)).toBe('spare');
});

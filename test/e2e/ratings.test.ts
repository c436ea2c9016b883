import { expect, it } from 'vitest';
import { createRoutingSystem } from '../../src/index.ts';
import { openSimulatedGateway } from '../support/open-simulated-gateway.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

const TASK = 'Fix bug in payment processing';
const OTHER_TASK = 'Design scalable microservices architecture';
const RATINGS = 20;

it('twenty one-star ratings on the command line send such tasks to another model, and other tasks nowhere else', async () => {
	const project = createTemporaryProject();
	const route = async (task: string): Promise<{ id: string; model: string }> =>
		JSON.parse((await callSwitchyard(project, ['route', task, '--json'])).stdout);
	try {
		const [before, other] = [await route(TASK), await route(OTHER_TASK)];
		const system = createRoutingSystem({}, {}, { projectDirectory: project.path, environment: {} });
		const decisions = Array.from({ length: RATINGS }, () => system.routeTask(TASK));
		const ids = (await Promise.all(decisions)).map(({ id }) => id);
		await system.close();
		for (const id of ids) expect((await callSwitchyard(project, ['feedback', id, '1'])).code).toBe(0);
		expect((await route(TASK)).model).not.toBe(before.model);
		expect((await route(OTHER_TASK)).model).toBe(other.model);
	} finally {
		project.remove();
	}
});

it('twenty one-star ratings at the gateway send such requests to another model', async () => {
	const at = await openSimulatedGateway();
	const ask = async (model: string) => {
		const body = { model, messages: [{ role: 'user', content: TASK }] };
		const { response, text } = await at.post('/v1/chat/completions', body);
		expect(response.status, text).toBe(200);
		return response.headers;
	};
	try {
		const before = (await ask('auto')).get('x-switchyard-model') ?? '';
		for (let count = 0; count < RATINGS; count += 1) {
			const decision = (await ask(before)).get('x-switchyard-decision');
			const { response, text } = await at.post('/v1/feedback', { decision, rating: 1 });
			expect(response.status, text).toBe(200);
		}
		expect((await ask('auto')).get('x-switchyard-model')).not.toBe(before);
	} finally {
		await at.close();
	}
});

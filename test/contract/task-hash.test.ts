import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RoutingSystem } from '../../src/engine.ts';
import { createRoutingSystem } from '../../src/index.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

const TASK = 'Fix the login bug in auth.ts';

it('who has the database but not its key cannot find a task from its hash: HMAC-SHA-256 under routing.db.key', async () => {
	const project = createTemporaryProject();
	try {
		const database = join(project.path, 'routing.db');
		const environment = { ROUTING_DATABASE: database, HOME: project.path };
		const options = { projectDirectory: project.path, environment };
		for (const task of [TASK, TASK, `${TASK} now`]) {
			await using system = createRoutingSystem({}, {}, options);
			await system.routeTask(task);
		}
		await using system = createRoutingSystem({}, {}, options);
		const hashes = (await system.exportData()).decisions.map(({ taskHash }) => taskHash);
		const hmac = createHmac('sha256', readFileSync(`${database}.key`, 'utf8').trim())
			.update(TASK)
			.digest('hex');
		expect(hashes).toHaveLength(3);
		expect(hashes.filter((hash) => hash === hmac)).toHaveLength(2);
	} finally {
		project.remove();
	}
});

it('the engine alone, which has no HMAC, keeps nothing made from the task', async () => {
	await using system = new RoutingSystem();
	await system.routeTask(TASK);
	const { decisions } = await system.exportData();
	expect(decisions.map(({ taskHash, taskText }) => [taskHash, taskText])).toEqual([['', null]]);
});

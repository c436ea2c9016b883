import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { ManualClock } from '../../src/testing/index.ts';
import { openExperimentWorld } from '../support/experiment-world.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const DATABASE = '.claude/orchestration/db/routing.db';
const GUIDE = readFileSync(new URL('../../docs/guide/experiments.md', import.meta.url), 'utf8');

const CAPS = ['--cost-cap', '0.5', '--latency-cap', '60000'];

let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => project.remove());

const run = (...args: string[]) => callSwitchyard(project, args);

/** The routers of another process, over the project's database. */
function openRouters(clock: ManualClock) {
	const models = { big: { quality: 82, price: 0.03 }, small: { quality: 82.5, price: 0.006 } };
	const storage = () => openSqliteStorage({ path: join(project.path, DATABASE), clock });
	return openExperimentWorld({ models, seed: 2026, clock, storage });
}

it('the guide’s experiment is what the command line shows of it, from its start to its verdict', async () => {
	const clock = new ManualClock(Date.UTC(2026, 10, 2, 8));
	const world = openRouters(clock);
	const arms = [{ name: 'now' }, { name: 'small', model: 'small' }];
	const experiments = await world.system.experiments();
	const author = { by: 'command-line', byName: null, at: clock.now() };
	await experiments.create(
		{ name: 'small-first', arms, costCapUsd: 0.05, latencyCapMs: 5000, windowMinutes: 1 },
		author,
	);
	await experiments.start('small-first', author);
	await world.serve(20_000);
	await world.system.close();
	const { code, stdout } = await run('experiment', 'status', 'small-first');
	expect(code).toBe(0);
	expect(stdout).toContain('Ended (decided): small is better');
	expect(GUIDE, stdout).toContain(stdout.trim());
	const list = await run('experiment');
	expect(list.stdout).toMatch(/small-first +ended +now, small +small is better/);
});

it('an experiment is created, started and stopped by commands, and the audit log names them', async () => {
	const arms = ['--arm', 'now', '--arm', 'small=model:haiku', '--arm', 'cheap=policy:cheap'];
	const created = await run('experiment', 'create', 'three', ...arms, ...CAPS);
	expect(created.stderr).toBe('');
	expect(created.stdout).toContain('- small (33.3%): haiku');
	expect(created.stdout).toContain('- cheap (33.3%): policy cheap');
	expect((await run('experiment', 'start', 'three')).stdout).toContain('Experiment three: running');
	const route = await run('route', 'Fix the login bug', '--json');
	expect(JSON.parse(route.stdout).reasoning.at(-1)).toMatch(
		/^Experiment three: arm "(now|small|cheap)", drawn with probability 0\.33/,
	);
	const status = JSON.parse((await run('experiment', 'status', 'three', '--json')).stdout);
	expect(status).toMatchObject({ state: 'running', result: { units: 0, problems: [] } });
	expect((await run('experiment', 'stop', 'three')).stdout).toContain('Ended (by-hand)');
	const { entries } = JSON.parse((await run('audit', '--json')).stdout);
	const actions = entries.map(({ action, target }: Record<string, string>) => `${action} ${target}`);
	expect(actions).toEqual(['experiment-ended three', 'experiment-started three', 'experiment-created three']);
});

it.each([
	[
		['create', 'x', '--arm', 'now', '--arm', 'a=b'],
		/"a=b" is no arm\. Write NAME, NAME=model:MODEL or NAME=policy:POLICY/,
	],
	[['create', 'x', '--arm', 'now', '--arm', 'b=model:hiku', ...CAPS], /Arm "b" cannot be: .*did you mean "haiku"/i],
	[['create', '--file', 'nowhere.json'], /The experiment nowhere\.json cannot be read/],
	[['start', 'nobody'], /There is no experiment "nobody"; there are none\. Make one: switchyard experiment create/],
	[['stop', 'nobody'], /there are none\. Make one: switchyard experiment create/],
])('a mistake at the command line says what is wrong: %j', async (args, message) => {
	const { code, stderr } = await run('experiment', ...args);
	expect(code).toBe(2);
	expect(stderr).toMatch(message);
});

it.each(['[1]', '"abc"', '7', 'null'])('a file that holds %s is told to hold one JSON object, once', async (text) => {
	writeFileSync(join(project.path, 'd.json'), text);
	const { code, stderr } = await run('experiment', 'create', 'x', '--file', 'd.json', ...CAPS);
	expect(code).toBe(2);
	expect(stderr).toMatch(/The experiment d\.json must hold one JSON object, not (a list|a text|7|null)\b/);
	expect(stderr).not.toContain('known setting');
});

it('a second experiment of a name does not take the place of the first, unless that is said', async () => {
	const create = (...more: string[]) =>
		run('experiment', 'create', 'y', '--arm', 'now', '--arm', 'small=model:haiku', ...CAPS, ...more);
	expect((await create('--margin', '3')).code).toBe(0);
	const again = await create();
	expect(again).toMatchObject({ code: 2, stdout: '' });
	expect(again.stderr).toMatch(/There is an experiment "y" already, not started yet.*--replace/s);
	expect((await run('experiment', 'status', 'y')).stdout).toContain('Margin 3');
	expect((await create('--replace')).stdout).toContain('Margin 2');
});

it('the status of an experiment fits into 80 columns, and an arm without requests has no price to miss', async () => {
	const arms = ['--arm', 'now', '--arm', 'small=model:haiku', '--window', '10080', '--max-units', '100000'];
	await run('experiment', 'create', 'x', ...arms, ...CAPS);
	const { stdout } = await run('experiment', 'start', 'x');
	expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
	expect(stdout).toMatch(/^now +0 +0 +0 +– +– +– +–$/m);
});

it('a reset is refused while an experiment runs, by the command too', async () => {
	await run('experiment', 'create', 'x', '--arm', 'now', '--arm', 'small=model:haiku', ...CAPS);
	await run('experiment', 'start', 'x');
	for (const scope of [['--stats'], ['--all', '--yes']]) {
		const { code, stderr } = await run('reset', ...scope);
		expect(code).toBe(2);
		expect(stderr).toMatch(/"x" runs.*switchyard experiment stop x/);
	}
	await run('experiment', 'stop', 'x');
	expect((await run('reset', '--stats')).code).toBe(0);
});

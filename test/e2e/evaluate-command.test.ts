import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseDailyBudget, parseShare } from '../../src/cli/commands/serve.ts';
import { createRoutingSystem } from '../../src/index.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

/** Of the draws of exploration. */
const SEED = 1;
const TASKS = [
	'Fix the login bug in auth.ts',
	'Write a haiku about autumn',
	'List three capitals',
	'Summarize the report',
];

let project: TemporaryProject;
beforeAll(() => {
	project = createTemporaryProject();
});
afterAll(() => project.remove());

const evaluate = (...args: string[]) => callSwitchyard(project, ['evaluate', ...args]);

async function fillLog({
	share,
	requests = 300,
	of = project,
}: {
	share: number;
	requests?: number;
	of?: TemporaryProject;
}) {
	const learning = {
		standDown: 'off',
		exploration: { share, floor: share / 4, dailyCost: 100, dailyPoints: 1e6 },
	} as const;
	const options = { projectDirectory: of.path, environment: {} };
	// what a log can tell depends on what was drawn
	const drawn = vi.spyOn(Math, 'random').mockImplementation(createSeededRandom(SEED));
	const system = createRoutingSystem({ learning }, {}, options);
	for (let index = 0; index < requests; index += 1) {
		const { id, model } = await system.routeTask(TASKS[index % TASKS.length] ?? '');
		await system.recordFeedback(id, { rating: model.qualityScore > 90 ? 5 : 3 });
	}
	await system.close();
	drawn.mockRestore();
}

/** Wider than a terminal is where nothing says how wide it is. */
const findLongLines = (text: string) => text.split('\n').filter((line) => line.length > 80);

describe('switchyard evaluate', () => {
	it('says what is missing: what to evaluate, a policy that there is, a log', async () => {
		expect((await evaluate()).stderr).toMatch(/--policy NAME on the logged decisions/);
		expect((await evaluate('--policy', 'cheap', '--shadow')).code).not.toBe(0);
		const mixed = await evaluate('--policy', 'cheap', '--budget', '1', '--models', 'opus');
		expect([mixed.code, mixed.stderr]).toEqual([2, expect.stringMatching(/--models says nothing of --policy/)]);
		expect((await evaluate('--shadow', '--clip', '3')).stderr).toMatch(/--clip says nothing of --shadow/);
		expect((await evaluate('--tasks', 'x', '--only-supported')).stderr).toMatch(/--only-supported says nothing/);
		const empty = await evaluate('--policy', 'cheap');
		expect([empty.code, empty.stderr]).toEqual([2, expect.stringMatching(/No decision is remembered in that time/)]);
		expect((await evaluate('--policy', 'chaep')).stderr).toMatch(/cheap|chaep/);
		expect((await evaluate('--policy', 'cheap', '--from', '2026-02-30')).stderr).toMatch(/is not a day/);
		const none = await evaluate('--shadow');
		expect([none.code, none.stdout]).toEqual([
			0,
			expect.stringMatching(/No request was drawn in that time\. "switchyard serve --shadow 2%"/),
		]);
	});

	it('gives no figure for a handful of decisions that all went well, but says what is missing, and exits with 1', async () => {
		const few = createTemporaryProject();
		onTestFinished(() => few.remove());
		await fillLog({ share: 0, requests: 25, of: few });
		const { code, stdout } = await callSwitchyard(few, ['evaluate', '--policy', 'auto']);
		expect(stdout).toContain('the effective sample size is 25, 100 are needed');
		// neither of the policy nor, as if all that could be known were, of the log
		expect(stdout).toMatch(/success \(%\) +100\.0 +- +- +insufficient/);
		expect(stdout).not.toContain('± 0.0');
		expect(code).toBe(1);
		const { success } = JSON.parse((await callSwitchyard(few, ['evaluate', '--policy', 'auto', '--json'])).stdout);
		expect(success).toMatchObject({ verdict: 'insufficient', estimates: null, difference: null });
	});

	it('refuses a policy of which the log cannot tell, with the list and what would help, and exits with 1', async () => {
		await fillLog({ share: 0 });
		const { code, stdout } = await evaluate('--policy', 'cheapest');
		expect(code).toBe(1);
		expect(stdout).toMatch(
			/Unidentifiable: the policy picks\n- \S+ in \d+ contexts where \S+ had probability 0:\s+\S+/,
		);
		expect(stdout).toContain('--only-supported');
		// "share" tries near-ties, and would leave this model at probability 0
		expect(stdout).toContain('"learning.exploration.floor": 0.02');
		expect(findLongLines(stdout)).toEqual([]);
		expect(stdout).not.toMatch(/±.*±.*±/);
		const same = await evaluate('--policy', 'auto');
		expect([same.code, same.stdout]).toEqual([
			0,
			expect.stringContaining('It picks another model than was used in 0.'),
		]);
	});

	it('shows the estimates with their intervals where the log explored, as JSON too', async () => {
		await fillLog({ share: 0.4 });
		const from = new Date().toISOString().slice(0, 10);
		const { stdout } = await evaluate('--policy', 'auto', '--from', from);
		expect(stdout).toMatch(/quality \(0-100\) +\d+\.\d ± \d+\.\d +\d+\.\d ± \d+\.\d +[+-]\d+\.\d ± \d+\.\d +estimated/);
		expect(stdout).toMatch(/Weights +known +effective +average/);
		expect(stdout).toMatch(/quality \(0-100\) +600 of 600 +\d+ +\d\.\d\d/);
		expect(findLongLines(stdout)).toEqual([]);
		const json = JSON.parse((await evaluate('--policy', 'auto', '--json')).stdout);
		expect(json).toMatchObject({
			decisions: 600,
			policy: { name: 'weighted' },
			quality: { verdict: 'estimated', clusters: 600 },
		});
		expect(json.quality.estimates.dr.low).toBeLessThan(json.quality.estimates.dr.high);
		const supported = await evaluate('--policy', 'cheapest', '--only-supported');
		expect(supported.stdout).toContain('As they were, for the policy picks there');
		// what is left of this log says too little of such a policy
		expect([supported.code, supported.stdout]).toEqual([1, expect.stringContaining('so that no estimate is given')]);
	});
});

it.each([
	[() => parseShare('2%'), 0.02],
	[() => parseShare('0.5'), 0.5],
	[() => parseDailyBudget('1/day'), 1],
	[() => parseDailyBudget('2.50'), 2.5],
])('a share and a day’s budget are read as people write them (%#)', (read, value) => {
	expect(read()).toBe(value);
});

it.each(['2', '-1%', '101%', 'some', ''])('"%s" is no share: nobody is shadowed by a slip', (text) => {
	expect(() => parseShare(text)).toThrow(/is no share/);
});

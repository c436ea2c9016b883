import { expect, it } from 'vitest';
import { STAND_DOWN_POLICY, STAND_DOWN_REASON } from '../../../src/route/index.ts';
import { sampleOutcome } from '../../../src/testing/storage-contract/samples.ts';
import { itHoldsInEveryLook, useDashboard } from '../../support/dashboard-page.ts';
import { chat, openTestGateway, type TestGateway } from '../../support/open-test-gateway.ts';

const suite = useDashboard(openTestGateway);
const { open } = suite;

/** Has a model answer in the workload `support`, and somebody rate each answer. */
async function answerAndRate(gateway: TestGateway, model: string, ratings: readonly number[]): Promise<void> {
	for (const rating of ratings) {
		const headers = { 'x-switchyard-workload': 'support' };
		const answer = await gateway.ask('/v1/chat/completions', { body: chat(model), headers });
		await answer.text();
		const decision = answer.headers.get('x-switchyard-decision');
		await (await gateway.ask('/admin/v1/feedback', { body: { decision, rating } })).text();
	}
}

it('says what is missing, and how to rate, before anything was judged', async () => {
	const { page } = await open('/dashboard/evidence');
	await page.getByText('there is nothing to judge').waitFor();
	await (await suite.gateway.ask('/v1/chat/completions', { body: chat('haiku') })).text();
	await page.getByRole('button', { name: 'Read again' }).click();
	await page.getByText('switchyard feedback DECISION-ID 5').waitFor();
	await page.getByText('Quality is not measured: 0 of 1 answers were judged, and 30 are needed.').waitFor();
	expect(await page.locator('.plot').count()).toBe(0);
	expect(await page.getByText('not measured', { exact: true }).count()).toBeGreaterThan(2);
	await page.getByText('In no workload').waitFor();
	expect((await page.request.get(`${suite.gateway.running.url}/admin/v1/evidence?periode=week`)).status()).toBe(400);
});

it('shows quality by workload and model with its interval and n, and routing beside the coin', async () => {
	await answerAndRate(
		suite.gateway,
		'haiku',
		Array.from({ length: 20 }, (_, index) => 3 + (index % 3)),
	);
	await answerAndRate(
		suite.gateway,
		'opus',
		Array.from({ length: 20 }, (_, index) => 4 + (index % 2)),
	);
	const { page, faults } = await open('/dashboard/evidence');
	const rows = page.locator('section[aria-label="Judged quality"] tbody tr');
	await rows.first().waitFor();
	const row = await rows.filter({ hasText: 'opus' }).locator('td').allTextContents();
	// ten fours and ten fives
	expect(row.slice(0, 3)).toEqual(['support', 'opus', '20']);
	expect(row[3]).toMatch(/^90\.0 \(\d\d\.\d–9\d\.\d\)$/);
	const ways = page.locator('section[aria-label="Routing beside choosing without it"] tbody tr');
	const told = await ways.allTextContents();
	expect(told[0]).toMatch(/^Routing.*\$\d.*\d\d\.\d \(\d\d\.\d–\d\d\.\d\)$/);
	for (const way of told) expect(way).toMatch(/\d\d\.\d( \(\d\d\.\d–\d\d\.\d\))?$/);
	expect(await ways.count()).toBeGreaterThanOrEqual(4);
	await page.getByText(/n 40\)/).waitFor();
	expect(await page.locator('.plot .point').count()).toBeGreaterThanOrEqual(3);
	expect(faults).toEqual([]);
});

it('shows where routing stands down and why, as the decision recorded it, and leads there', async () => {
	const { system } = suite.gateway.running.gateway.runtime;
	const { records } = await system.flush();
	const [newest] = await records.decisions({ from: 0, to: Number.MAX_SAFE_INTEGER }, 1);
	if (newest === undefined) throw new Error('nothing was decided');
	const reason = `Routing stands down for haiku${STAND_DOWN_REASON}3.1 points better than routing at 40% of its cost, by 9 outcomes`;
	const row = { ...newest, id: 'stood-down', at: Date.now(), policy: STAND_DOWN_POLICY, reasoning: [reason] };
	await records.write([{ kind: 'decision', row: { ...row, workload: 'support' } }]);
	const { page } = await open('/dashboard/evidence');
	const rows = page.locator('section[aria-label="Workloads where a single model is better"] tbody tr');
	await rows.first().waitFor();
	expect(await rows.first().textContent()).toContain(`1 of 41${reason}`);
	await rows.getByRole('link').click();
	await page.getByRole('heading', { name: 'Decision', exact: true }).waitFor();
	expect(page.url()).toContain('/decisions/stood-down');
});

it('shows an experiment: the interval that decides, its health and its arms', async () => {
	const { page, faults } = await open('/dashboard/experiments');
	await page.getByText('There are no experiments.').waitFor();
	const send = async (verb: string, body: object) =>
		(await suite.gateway.ask(`/admin/v1/experiments/${verb}`, { body })).json() as Promise<Record<string, unknown>>;
	const arms = [{ name: 'now' }, { name: 'small', model: 'haiku' }];
	const definition = { name: 'small-first', arms, costCapUsd: 0.05, latencyCapMs: 5000 };
	expect(await send('create', { ...definition, alpha: 2 })).toMatchObject({ error: { code: 'ROUTER_INVALID_INPUT' } });
	expect(await send('create', definition)).toMatchObject({ state: 'draft' });
	// a draft is replaced only where that is said
	const taken = { error: { message: expect.stringContaining('There is an experiment "small-first" already') } };
	expect(await send('create', { ...definition, margin: 3 })).toMatchObject(taken);
	const unclear = { error: { message: expect.stringContaining('replace') } };
	expect(await send('create', { ...definition, replace: 'yes' })).toMatchObject(unclear);
	expect(await send('create', { ...definition, replace: true })).toMatchObject({ definition: { margin: 2 } });
	expect(await send('start', { name: 'small-first' })).toMatchObject({ state: 'running' });
	const { records } = await suite.gateway.running.gateway.runtime.system.flush();
	const hour = 3_600_000;
	for (let unit = 0; unit < 400; unit += 1) {
		const [decisionId, at] = [`unit-${unit}`, Date.now() - 2 * hour + unit];
		const arm = arms[unit % 2]?.name ?? '';
		await records.write([
			{
				kind: 'experiment',
				row: { decisionId, experiment: 'small-first', unit: decisionId, arm, probability: 0.5, at },
			},
			{
				kind: 'outcome',
				row: sampleOutcome({
					id: decisionId,
					decisionId,
					at,
					quality: 60 + (unit % 40),
					actualCostNanoUsd: arm === 'now' ? 1e7 : 2e6,
				}),
			},
		]);
	}
	const list = page.locator('section[aria-label="Experiments"] tbody tr');
	await list.first().waitFor();
	expect(await list.first().textContent()).toMatch(/^small-firstRunningnow, small/);
	await list.getByRole('link').click();
	await page.getByRole('heading', { name: 'small less now: undecided' }).waitFor();
	const rows = page.locator('section[aria-label="Differences of small"] tbody tr');
	expect(await rows.count()).toBe(4);
	expect(await rows.nth(1).textContent()).toMatch(/^cost \(decides\)−\$0\.008000−\$0\.0\d+ to −\$0\.0\d+$/);
	expect(await rows.locator('.bar.interval').count()).toBe(4);
	await page.getByText('no guardrail is passed').waitFor();
	const ofArms = page.locator('section[aria-label="Results by arm"] tbody tr');
	expect(await ofArms.allTextContents()).toEqual([
		'now50 %200079.0$0.0100001800 ms0.00 %',
		'small50 %200080.0$0.0020001800 ms0.00 %',
	]);
	expect(faults).toEqual([]);
});

itHoldsInEveryLook(
	suite,
	() => [
		'/dashboard/experiments',
		'/dashboard/experiments/small-first',
		'/dashboard/evidence',
		'/dashboard/evidence?from=2020-01-01&to=2020-01-02',
	],
	(page) => page.locator('main table, .empty').first().waitFor(),
);

import { describe, expect, it } from 'vitest';
import type { DecisionRecord } from '../../../src/contracts/index.ts';
import { findBarriers, itHoldsInEveryLook, useDashboard } from '../../support/dashboard-page.ts';
import { chat, openTestGateway } from '../../support/open-test-gateway.ts';

/** What somebody may write into a database by hand: markup, a terminal's escape, and a turn of the text's direction. */
const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u001b[31m\u202Egpj.exe';

const suite = useDashboard(async () => {
	const gateway = await openTestGateway();
	for (const model of ['haiku', 'opus', 'haiku'])
		await (
			await gateway.ask('/v1/chat/completions', { body: chat(model), headers: { 'x-switchyard-tags': `of-${model}` } })
		).text();
	return gateway;
});
const { open } = suite;

async function newest(): Promise<DecisionRecord> {
	const { decisions } = (await (await suite.gateway.ask('/admin/v1/decisions?limit=1')).json()) as {
		decisions: DecisionRecord[];
	};
	const [decision] = decisions;
	if (decision === undefined) throw new Error('nothing was decided');
	return decision;
}

describe('the list of decisions', () => {
	it('holds what the filters say, in the address, for whoever opens the link', async () => {
		const { page } = await open('/dashboard/decisions');
		const rows = page.locator('section[aria-label="Decisions"] tbody tr');
		await expect.poll(() => rows.count()).toBe(3);
		await page.getByLabel('Tag').fill('of-opus');
		await page.getByLabel('Tag').press('Enter');
		await expect.poll(() => rows.count()).toBe(1);
		expect(page.url()).toContain('tag=of-opus');
		const link = await open(`/dashboard/decisions?${new URL(page.url()).searchParams}`);
		await link.page.getByText('opus', { exact: true }).waitFor();
		await link.page.getByLabel('Outcome').selectOption('failure');
		await link.page.getByText('No decision meets these filters.').waitFor();
		await link.page.getByRole('link', { name: 'Show all' }).click();
		await expect.poll(() => link.page.locator('section[aria-label="Decisions"] tbody tr').count()).toBe(3);
	});

	it('is walked and opened by keyboard alone', async () => {
		const { page } = await open('/dashboard/decisions');
		await page.locator('a[data-row]').first().waitFor();
		await page.keyboard.press('j');
		await page.keyboard.press('j');
		await page.keyboard.press('k');
		await page.keyboard.press('Enter');
		await page.getByRole('heading', { name: 'Decision', exact: true }).waitFor();
		expect(page.url()).toContain((await newest()).id);
		await page.goBack();
		await page.locator('a[data-row]').first().waitFor();
		await page.keyboard.press('/');
		await page.keyboard.type('jk');
		expect(await page.getByLabel('Model').inputValue()).toBe('jk');
	});

	it('does not move while requests come: what is new is counted, and shown when asked', async () => {
		const { page } = await open('/dashboard/decisions');
		await page.getByText('● live').waitFor();
		await page.locator('a[data-row]').first().waitFor();
		const rows = page.locator('section[aria-label="Decisions"] tbody tr');
		const before = await rows.count();
		await (await suite.gateway.ask('/v1/chat/completions', { body: chat('haiku') })).text();
		const chip = page.getByRole('button', { name: '1 new' });
		await chip.waitFor();
		expect(await rows.count()).toBe(before);
		await chip.click();
		await expect.poll(() => rows.count()).toBe(before + 1);
	});
});

it('every view, a model, and a decision by its id are reached by the keyboard; no key is a shortcut while somebody types', async () => {
	const { page, faults } = await suite.open('/dashboard');
	await page.getByText('● live').waitFor();
	await page.keyboard.press('g');
	await page.keyboard.press('m');
	await page.getByRole('heading', { name: 'Models', exact: true }).waitFor();
	await page.keyboard.press('?');
	await page.getByText('go to a view, a model, a key or a decision').waitFor();
	expect(await findBarriers(page)).toEqual([]);
	await page.keyboard.press('Escape');
	await page.keyboard.press('Control+k');
	await page.locator('dialog input:focus').waitFor();
	const { id } = await newest();
	await page.keyboard.type(id);
	await page.getByRole('listbox').getByRole('option').first().waitFor();
	expect(await findBarriers(page)).toEqual([]);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Decision', exact: true }).waitFor();
	expect(page.url()).toContain(id);
	await page.keyboard.press('Control+k');
	await page.locator('dialog input:focus').waitFor();
	await page.keyboard.type('model opus');
	await page.getByRole('listbox').getByRole('option', { name: 'opus' }).first().waitFor();
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Measured here' }).waitFor();
	await page.keyboard.press('g');
	await page.keyboard.press('d');
	await page.getByLabel('Model').fill('g');
	await page.keyboard.type('k?');
	expect(await page.getByLabel('Model').inputValue()).toBe('gk?');
	expect(faults).toEqual([]);
});

describe('the page of a decision', () => {
	it('shows estimate, attempts and money as they were recorded', async () => {
		const { id } = await newest();
		const recorded = (await (await suite.gateway.ask(`/admin/v1/decisions/${id}`)).json()) as {
			ledger: Array<{ costNanoUsd: number }>;
			attempts: unknown[];
		};
		const { page, faults } = await open(`/dashboard/decisions/${id}`);
		const exact = `${recorded.ledger[0]?.costNanoUsd.toLocaleString('en-US')} nano-dollars (1e-9 USD)`;
		const ledger = page.locator('section[aria-label="Rows of the ledger"]');
		expect(await ledger.locator('[title]').getAttribute('title')).toBe(exact);
		expect(await page.locator('section[aria-label="Attempts in order"] tbody tr').count()).toBe(
			recorded.attempts.length,
		);
		await page.getByText('Raw record').click();
		await page.locator('pre').getByText(`"id": "${id}"`).first().waitFor();
		expect(faults).toEqual([]);
	});

	it('shows the scores of every candidate and why the others were excluded, as they were recorded', async () => {
		const body = chat('auto', { switchyard: { excludedProviders: ['openai'] } });
		await (await suite.gateway.ask('/v1/chat/completions', { body })).text();
		const { id } = await newest();
		const { decision } = (await (await suite.gateway.ask(`/admin/v1/decisions/${id}`)).json()) as {
			decision: DecisionRecord;
		};
		const { candidates = [], exclusions = [] } = decision;
		const [best] = candidates;
		if (best === undefined) throw new Error('no candidate was recorded');
		const { page } = await suite.open(`/dashboard/decisions/${id}`);
		const rows = page.locator('section[aria-label="Candidates in the policy’s order"] tbody tr');
		await rows.first().waitFor();
		expect(await rows.count()).toBe(candidates.length);
		const row = await rows.filter({ hasText: 'chosen' }).textContent();
		expect(row).toContain(best.totalScore.toFixed(1));
		for (const score of Object.values(best.scores)) expect(row).toContain(score.toFixed(0));
		await page.getByText(/models? (was|were) excluded, and why/).click();
		const other = candidates.find(({ model }) => model !== decision.model)?.model ?? '';
		await page.getByRole('button', { name: `Why not ${other}`, exact: true }).click();
		await page.getByText(/It was number \d+ of the candidates, \d+\.\d points of score behind/).waitFor();
		await page.getByRole('button', { name: `Why not ${exclusions[0]?.model}`, exact: true }).click();
		await page.getByRole('heading', { name: `Why not ${exclusions[0]?.model}` }).waitFor();
		await page.getByRole('button', { name: 'Replay' }).click();
		await page
			.getByText(/The same, to the last digit that is kept|Gone: /)
			.first()
			.waitFor();
		expect(await findBarriers(page)).toEqual([]);
		const excluded = page.locator('section[aria-label="Excluded models"] tbody tr');
		expect(await excluded.count()).toBe(exclusions.length);
		expect(await excluded.first().textContent()).toContain(exclusions[0]?.message);
	});

	it('shows names of others as text, whatever is in them', async () => {
		const decision = await newest();
		const { records } = await suite.gateway.running.gateway.runtime.system.storage();
		const { runtime } = suite.gateway.running.gateway;
		const stored = await records.decision(decision.id);
		if (stored === null) throw new Error('the decision is gone');
		const row = { ...stored, id: 'hostile', model: HOSTILE, reasoning: [HOSTILE], at: Date.now() };
		await records.write([{ kind: 'decision', row }]);
		await runtime.system.flush();
		for (const path of ['/dashboard/decisions', '/dashboard/decisions/hostile']) {
			const { page, faults } = await open(path);
			await page.getByText('\\u001b[31m\\u202egpj.exe').first().waitFor();
			expect(await page.locator('main img, main script').count()).toBe(0);
			const content = await page.content();
			expect(['\u001b', '\u202e'].filter((character) => content.includes(character))).toEqual([]);
			expect(faults).toEqual([]);
		}
	});

	it('says that there is none for an id that nobody knows', async () => {
		const { page } = await open('/dashboard/decisions/no-such-id');
		await page.getByRole('alert').getByText('There is no decision no-such-id here.').waitFor();
		// asked again, the gateway would say the same
		expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
	});
});

itHoldsInEveryLook(
	suite,
	async () => [
		'/dashboard/decisions',
		`/dashboard/decisions/${(await newest()).id}`,
		'/dashboard/decisions?model=nobody',
	],
	(page) => page.locator('main table, .empty').first().waitFor(),
);

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const PRICES = '.claude/orchestration/routing/prices.json';
const CONFIG = '.claude/orchestration/routing/config.json';

let project: TemporaryProject;
beforeEach(() => {
	project = createTemporaryProject();
});
afterEach(() => project.remove());

const run = (...args: string[]) => callSwitchyard(project, args);

async function jsonOf(...args: string[]): Promise<Record<string, unknown>> {
	const { stdout, stderr, code } = await run(...args, '--json');
	expect(code, stderr).toBe(0);
	// what the commands print is an object
	return JSON.parse(stdout) as Record<string, unknown>;
}

function writePrices(sheets: readonly object[]): string {
	const file = join(project.path, 'mine.json');
	writeFileSync(file, JSON.stringify({ models: { haiku: sheets } }));
	return file;
}

const SHEET = { inputUsdPerMTok: 2, outputUsdPerMTok: 10, source: 'contract', asOf: '2026-11-24' };

describe('prices', () => {
	it('a file is looked at, imported, in force, and the past is recomputed under it without being changed', async () => {
		await run('run', 'say hi', '--simulate', '--prefer', 'haiku');
		const file = writePrices([SHEET]);
		expect((await run('prices', 'diff', file)).stdout).toMatch(/haiku +since ever +input +\$1 +\$2/);
		expect((await run('prices', 'update', '--from', file, '--dry-run')).stdout).toContain('Nothing was written');
		expect(existsSync(join(project.path, PRICES))).toBe(false);
		await run('prices', 'import', file);
		expect((await run('prices', 'show', 'haiku')).stdout).toContain('Source: contract');
		const repriced = await jsonOf('reprice');
		expect(repriced['models']).toEqual([expect.objectContaining({ model: 'haiku', rows: 1, changedRows: 1 })]);
		const before = await jsonOf('cost', '--by', 'model', '--period', 'all');
		expect(before['totals']).toEqual([expect.objectContaining({ key: 'haiku', requests: 1 })]);
	});

	it('a file with a gap is refused with the place, and nothing is written', async () => {
		const file = writePrices([
			{ ...SHEET, until: '2026-12-01' },
			{ ...SHEET, from: '2027-01-01' },
		]);
		const { code, stderr } = await run('prices', 'import', file);
		expect(code).toBe(2);
		expect(stderr).toMatch(/models\.haiku\[0\]\.until: leaves a gap/);
		expect(existsSync(join(project.path, PRICES))).toBe(false);
	});

	it('a broken prices.json of the project stops with the file and the place, before anything is spent', async () => {
		const file = writePrices([SHEET]);
		await run('prices', 'import', file);
		writeFileSync(join(project.path, PRICES), '{ "models": { "haiku": [ { "inputUsdPerMTok": -2 } ] } }');
		const { code, stderr } = await run('run', 'say hi', '--simulate', '--prefer', 'haiku');
		expect(code).toBe(2);
		expect(stderr).toMatch(/prices\.json: models\.haiku\[0\]\.inputUsdPerMTok/);
	});
});

describe('rules of the budget', () => {
	it('are set, shown beside their spending, and removed', async () => {
		const set = ['--set-rule', 'model:haiku', '--period', 'day', '--limit', '5', '--at-limit', 'refuse'];
		expect((await run('budget', ...set)).stdout).toContain('- model:haiku per day: $0.00 / $5.00');
		await run('run', 'say hi', '--simulate', '--prefer', 'haiku');
		const { limits } = await jsonOf('budget');
		expect(limits).toEqual([expect.objectContaining({ scope: 'model:haiku', limitUsd: 5, atLimit: 'refuse' })]);
		expect(JSON.stringify(limits)).not.toContain('"spentUsd":0,');
		await run('budget', '--remove-rule', 'model:haiku', '--period', 'day');
		expect(JSON.parse(readFileSync(join(project.path, CONFIG), 'utf8'))).toEqual({ budget: { rules: [] } });
	});

	it('a limit for all keys is set, and stays one when it is set again', async () => {
		const set = ['--set-rule', 'tag:nightly', '--period', 'day', '--limit'];
		await run('budget', ...set, '7', '--shared');
		await run('budget', ...set, '5');
		const { budget } = JSON.parse(readFileSync(join(project.path, CONFIG), 'utf8'));
		expect(budget.rules).toEqual([{ scope: 'tag', of: 'nightly', period: 'day', limit: 5, shared: true }]);
	});

	it('a rule set anew keeps the percentages it warns at', async () => {
		mkdirSync(join(project.path, '.claude/orchestration/routing'), { recursive: true });
		const rule = { scope: 'tag', of: 'nightly', period: 'day', limit: 5, warnAt: [50] };
		writeFileSync(join(project.path, CONFIG), JSON.stringify({ budget: { rules: [rule] } }));
		await run('budget', '--set-rule', 'tag:nightly', '--period', 'day', '--limit', '7');
		const { budget } = JSON.parse(readFileSync(join(project.path, CONFIG), 'utf8'));
		expect(budget.rules).toEqual([{ ...rule, limit: 7 }]);
	});

	it.each([
		[['--set-rule', 'nightly', '--period', 'day', '--limit', '5'], /"nightly" is no scope/],
		[['--set-rule', 'tag:nightly', '--limit', '5'], /--period/],
		[['--set-rule', 'tag:nightly', '--period', 'day'], /--limit/],
		[['--set-rule', 'tag', '--period', 'year', '--limit', '5'], /not one of/],
		[['--remove-rule', 'tag:nightly', '--period', 'day'], /There is no rule/],
		[['--set-daily', '20', '--set-rule', 'nightly', '--period', 'day', '--limit', '5'], /"nightly" is no scope/],
		[['--set-rule', 'model:opuss', '--period', 'day', '--limit', '5'], /Did you mean "opus"\?/],
		[['--set-rule', 'task-type:coding', '--period', 'day', '--limit', '5'], /is no task type/],
		[['--set-rule', 'tag:a', '--remove-rule', 'tag:b', '--period', 'day', '--limit', '5'], /two edits/],
		[['--set-daily', '20', '--limit', '5', '--soft'], /name it with --set-rule/],
		[['--set-daily', '20', '--shared'], /name it with --set-rule/],
		[['--set-rule', 'key:ci', '--period', 'day', '--limit', '5', '--shared'], /no meaning for the scope "key"/],
	])('%o is refused and changes nothing', async (flags, message) => {
		const { code, stderr } = await run('budget', ...flags);
		expect(code).toBe(2);
		expect(stderr).toMatch(message);
		expect(existsSync(join(project.path, CONFIG))).toBe(false);
	});
});

it('costs as CSV and bars, and a forecast that says what it needs', async () => {
	await run('run', 'say hi', '--simulate', '--prefer', 'haiku');
	expect((await run('cost', '--by', 'task-type', '--csv')).stdout).toMatch(
		/^task_type,cost_usd,[\w,]+\nsimple-task,0\.\d{9},1,/,
	);
	expect((await run('cost', '--by', 'model', '--chart')).stdout).toMatch(/^haiku \$0\.\d+ #+$/m);
	expect((await run('forecast')).stdout).toBe('A forecast needs 14 whole days of history; there are 0.\n');
	expect((await run('cost')).stdout).toContain('Instead (estimates):');
});

it('what has no price is called unpriced in every report, never $0', async () => {
	mkdirSync(join(project.path, '.claude/orchestration/routing'), { recursive: true });
	const haiku = { name: 'haiku', pricing: 'unpriced' };
	writeFileSync(join(project.path, CONFIG), JSON.stringify({ models: [haiku], allowUnpriced: ['haiku'] }));
	expect((await run('run', 'say hi', '--simulate', '--prefer', 'haiku')).code).toBe(0);
	const report = (await run('cost')).stdout;
	expect(report).toMatch(/^- haiku: unpriced \| 1 request$/m);
	expect(report).toMatch(/^- \d{4}-\d\d-\d\d: unpriced \(1 request\)$/m);
	expect((await run('cost', '--by', 'model', '--csv')).stdout).toMatch(/\nhaiku,,1,\d+,\d+,1\n/);
	expect((await run('cost', '--by', 'model', '--chart')).stdout).toMatch(/^haiku unpriced$/m);
});

it('the average day of all time counts from the first charge, not from 1970', async () => {
	await run('run', 'say hi', '--simulate', '--prefer', 'haiku');
	const report = await jsonOf('cost', '--period', 'all');
	expect(report['trends']).toMatchObject({ dailyAverage: report['totalCost'] });
});

it.each([
	[['cost', '--start', '2026-12-01', '--end', '2026-11-01']],
	[['cost', '--by', 'day', '--start', '2026-12-01', '--end', '2026-11-01']],
	[['reprice', '--from', '2026-12-01', '--to', '2026-11-01']],
])('%o ends before it begins: refused, not a report of $0', async (args) => {
	const { code, stderr, stdout } = await run(...args);
	expect([code, stdout]).toEqual([2, '']);
	expect(stderr).toMatch(/\(2026-12-01\) is after --\w+ \(2026-11-01\)\. Swap them/);
});

describe('the archive of the ledger', () => {
	it('takes the charges of past months, and the report of all time stays as it was', async () => {
		await run('run', 'say hi', '--simulate', '--prefer', 'haiku');
		const database = join(project.path, '.claude/orchestration/db/routing.db');
		const month = new Date().toISOString().slice(0, 7);
		const old = new DatabaseSync(database);
		old.exec(
			`INSERT INTO cost_tracking (model, task_type, cost, created_at) VALUES ('opus', 'debugging', 0.5, '2026-03-10 09:00:00')`,
		);
		old.close();
		const before = await jsonOf('cost', '--by', 'model', '--period', 'all');
		const tooLate = await run('storage', 'archive', '--before', '2999-01-01');
		expect(tooLate.code).toBe(2);
		expect(tooLate.stderr).toContain(`Name a day up to ${month}-01`);
		expect(await jsonOf('storage', 'archive', '--before', `${month}-01`)).toMatchObject({ rows: 1, costUsd: 0.5 });
		expect(await jsonOf('cost', '--by', 'model', '--period', 'all')).toEqual(before);
		const again = await run('storage', 'archive', '--before', `${month}-01`);
		expect(again.stdout).toContain(`The ledger holds no charges from before ${month}-01.`);
		const archive = new DatabaseSync(database.replace('.db', '-archive.db'));
		expect(archive.prepare('SELECT model, cost_nano FROM cost_tracking').all()).toMatchObject([
			{ model: 'opus', cost_nano: 500_000_000 },
		]);
		archive.close();
	});
});

describe('cost --what-if', () => {
	it('tries the policies on the shipped mix, a file and the history, and writes nothing', async () => {
		const report = await run('cost', '--what-if');
		expect(report.stdout).toMatch(/^auto +\$[\d.]+ +[\d.]+ % +[\d.]+ +[\d.]+ {2}\d+% /m);
		expect(report.stdout).toMatch(/always the baseline +\$450\.00 /);
		expect(report.stdout).toContain('Models compete whether they can be called here or not.');
		writeFileSync(join(project.path, 'tasks.txt'), 'Fix the login bug\nWrite a poem\n');
		const given = await jsonOf('cost', '--what-if', 'tasks.txt', '--policy', 'cheap', 'best');
		expect(given).toMatchObject({ mix: 'given', requests: 2, policies: [{ name: 'cheap' }, { name: 'best' }] });
		expect((await jsonOf('stats'))['totalDecisions']).toBe(0);
		await run('run', 'say hi', '--simulate');
		expect(await jsonOf('cost', '--what-if', '--history')).toMatchObject({ mix: 'recorded', requests: 1 });
	});

	it.each([
		[['--history'], 'Add --what-if.'],
		[['--what-if', 'tasks.txt', '--history'], 'Leave one out.'],
		[['--what-if', 'nowhere.txt'], 'nowhere.txt cannot be read (ENOENT)'],
		[['--what-if', '--policy', 'chepest'], 'did you mean "cheapest"?'],
	])('says what is wrong with %j', async (flags, message) => {
		const { code, stderr } = await run('cost', ...flags);
		expect(code).toBe(2);
		expect(stderr).toContain(message);
	});
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { callSwitchyard } from '../support/switchyard-command.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

const project = createTemporaryProject();
afterAll(() => project.remove());

async function run(...args: string[]) {
	const { code, stdout, stderr } = await callSwitchyard(project, args);
	return { code, stderr, json: stdout.startsWith('{') ? JSON.parse(stdout) : null, stdout };
}

it('a provider’s file corrects the ledger once, only when told to, and a broken file changes nothing', async () => {
	expect(
		(await run('run', 'Design the architecture of a payments platform', '--prefer', 'opus', '--simulate')).code,
	).toBe(0);
	const today = new Date().toISOString().slice(0, 10);
	const file = join(project.path, 'usage.csv');
	writeFileSync(file, `date,model,uncached,output,cost_usd\n${today},claude-opus-4-5-20251101,5000,900,0.0475\n`);

	const shown = await run('reconcile', file, '--json');
	expect(shown.json).toMatchObject({ provider: 'anthropic', providerCost: 0.0475, withinTolerance: false });
	expect(shown.json.differences[0].causes[0].reason).toBe('outside-ledger');

	const refused = await run('reconcile', file, '--apply', '--outside');
	expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('add --yes')]);
	expect((await run('reconcile', file, '--json')).json.ledgerCost).toBe(shown.json.ledgerCost);

	expect((await run('reconcile', file, '--apply', '--outside', '--yes')).code).toBe(0);
	const after = (await run('reconcile', file, '--json')).json;
	expect(after).toMatchObject({ ledgerCost: 0.0475, difference: 0, differences: [], plan: { moved: 0 } });

	writeFileSync(file, 'date,model,cost_usd\n2026-13-01,opus,1\n');
	const broken = await run('reconcile', file, '--apply', '--yes');
	expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('Line 2, date is "2026-13-01"')]);
});

// `npm run test:calendar`: every test that runs code, as they will run in a week, a quarter and a year:
// no retirement and no price change of the catalog may turn a test red on the day it comes.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { shiftClockOption } from '../test/support/shift-clock.ts';

const DAYS_AHEAD = [7, 90, 400];
const PROJECTS = ['unit', 'contract', 'e2e'].flatMap((name) => ['--project', name]);
const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');

for (const days of DAYS_AHEAD) {
	console.log(`The clock is ${days} days ahead.`);
	const { status } = spawnSync(process.execPath, [vitest, 'run', ...PROJECTS, ...process.argv.slice(2)], {
		env: { ...process.env, NODE_OPTIONS: shiftClockOption(days) },
		stdio: 'inherit',
	});
	if (status !== 0) process.exitCode = 1;
}

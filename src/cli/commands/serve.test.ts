import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SERVE = new URL('./serve.ts', import.meta.url).href;

/** A process under a load whose objects live for a while, as those of requests do. */
const LOADED = `
import { getHeapSpaceStatistics } from 'node:v8';
import { setImmediate } from 'node:timers/promises';
if (process.argv.includes('bounded')) await (await import('${SERVE}')).boundYoungGeneration();
const kept = [];
for (let round = 0; round < 1500; round += 1) {
	kept.push(Array.from({ length: 1000 }, (_, place) => ({ place, text: 'x' + place, list: [place] })));
	if (kept.length > 20) kept.shift();
	await setImmediate();
}
console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size / 2 ** 20);
`;

async function measureYoung(args: readonly string[], flags: readonly string[] = []): Promise<number> {
	const script = ['--no-warnings', ...flags, '--input-type=module', '-e', LOADED, '--', ...args];
	const { stdout } = await promisify(execFile)(process.execPath, script);
	return Number(stdout);
}

test('a gateway under load takes 16 or 32 MiB for what is young, not the 128 that V8 would', {
	timeout: 60_000,
}, async () => {
	expect(await measureYoung([])).toBeGreaterThan(32);
	expect(await measureYoung(['bounded'])).toBeLessThanOrEqual(32);
});

test('whoever sets the size of the young generation has it', { timeout: 60_000 }, async () => {
	expect(await measureYoung(['bounded'], ['--max-semi-space-size=48'])).toBeGreaterThan(32);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RoutingSystem, whatIf } from '../../src/index.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8');

/** The day of the published figures: prices and the race change with the day. */
const PUBLISHED = Date.UTC(2026, 10, 29);

it('the saving that README and guide print is what `cost --what-if` measures, and no coin has a better quality for it', async () => {
	await using system = new RoutingSystem(undefined, undefined, { clock: new ManualClock(PUBLISHED) });
	const { models, policies, ...report } = await whatIf(system, { policies: ['auto'] });
	const [auto] = policies;
	if (auto?.coin == null) throw new Error('nothing was measured');
	expect(auto.leftOut).toBe(0);
	expect(auto.savedPercent).toBeGreaterThanOrEqual(75);
	expect(auto.quality).toBeGreaterThanOrEqual(auto.coin.quality);
	expect(report).toMatchObject({ baseline: 'opus' });

	const [saved, quality, coin] = [auto.savedPercent, auto.quality, auto.coin.quality].map((value) => value.toFixed(1));
	expect(read('README.md')).toContain(`| ${saved} % at quality ${quality}; a coin at that cost has ${coin} (`);
	const guide = read('docs/guide/costs.md');
	expect(guide).toContain(`| the default | $${auto.costPer1000.toFixed(2)} | ${saved} % | ${quality} | ${coin} |`);
	for (const name of ['opus', report.strongest, report.cheapest, report.bestSingle]) {
		const row = models.find((model) => model.name === name);
		const share = name === 'opus' ? '-' : `${row?.savedPercent.toFixed(1)} %`;
		const figures = `| $${row?.costPer1000.toFixed(2)} | ${share} | ${row?.quality.toFixed(1)} | |`;
		expect(guide.split('\n').filter((line) => line.includes(`\`${name}\``) && line.endsWith(figures))).toHaveLength(1);
	}
	expect(read('docs/decisions/0040-value-and-guesses.md')).toContain(`saves ${saved} % of always`);
});

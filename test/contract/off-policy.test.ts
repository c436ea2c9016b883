import { expect, it } from 'vitest';
import { evaluateOffPolicy, type OffPolicyEstimator } from '../../src/evaluate/index.ts';
import { createSyntheticLog, type SyntheticLogOptions, TRUE_VALUE } from '../support/synthetic-log.ts';

/** A thousand logs take half a minute and have the published bar; sixty, with a wider one, run every day. */
const IS_LONG = globalThis.process.env['MODE'] === 'off-policy';
const LOGS = IS_LONG ? 1000 : 60;
/** Of sixty logs with a true coverage of 95 %, fewer than 51 are covered once in a thousand times. */
const BAR = IS_LONG ? { low: 0.93, high: 0.97 } : { low: 0.849, high: 1 };

/** Share of the logs whose interval holds the true value. */
function measureCoverage(options: Omit<SyntheticLogOptions, 'seed'>, firstSeed: number) {
	const covered: Record<OffPolicyEstimator, number> = { ips: 0, snips: 0, dm: 0, dr: 0 };
	for (let log = 0; log < LOGS; log += 1) {
		const { estimates, verdict } = evaluateOffPolicy(createSyntheticLog({ ...options, seed: firstSeed + log }));
		expect(verdict).toBe('estimated');
		for (const [name, { high, low }] of Object.entries(estimates ?? {}))
			if (low <= TRUE_VALUE && TRUE_VALUE <= high) covered[name as OffPolicyEstimator] += 1 / LOGS;
	}
	return covered;
}

it.each([
	['all rewards are known', {}, 1],
	['one reward in twenty never comes', { missing: 0.05 }, 10_001],
	[
		'one reward in twenty never comes, and those of the newest requests have not come yet',
		{ missing: 0.05, isDelayed: true },
		20_001,
	],
] as const)(
	'an interval of 95 % holds the true value in 95 % of logs, where %s',
	(_, options, firstSeed) => {
		const covered = measureCoverage(options, firstSeed);
		for (const name of ['snips', 'dr'] as const) {
			expect(covered[name], JSON.stringify(covered)).toBeGreaterThanOrEqual(BAR.low);
			expect(covered[name], JSON.stringify(covered)).toBeLessThanOrEqual(BAR.high);
		}
	},
	600_000,
);

import { expect, it } from 'vitest';
import { runMonth } from '../support/month/run-month.ts';

/** `npm run test:month` lives through a whole month, this file alone through three days of it. */
const SPAN = process.env['MODE'] === 'month' ? { days: 30, requests: 4000 } : { days: 3, requests: 100 };

it.each([
	['stops billing when its caller leaves', false],
	['bills the whole answer to a caller that has left', true],
])(
	'traffic of every shape spends no more than its limits allow, and costs what a provider bills that %s',
	async (_, billsAfterDisconnect) => {
		const { broken, ...month } = await runMonth({ seed: 20, ...SPAN, billsAfterDisconnect });
		expect(broken, JSON.stringify(month)).toEqual([]);
		// every kind of ending was there
		expect(month.refusals).toBeGreaterThan(0);
		expect(month.reported).toBeGreaterThan(SPAN.requests / 2);
		expect(month.estimated).toBeGreaterThan(SPAN.requests / 20);
		if (process.env['MODE'] === 'month') console.log(JSON.stringify(month, null, '\t'));
	},
	3_600_000,
);

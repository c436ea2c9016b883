import { stripVTControlCharacters, styleText } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CostTotals, DecisionSummary, Overview } from '../contracts/index.ts';
import type { BudgetLimitStatus } from '../system/index.ts';
import { findHiddenCharacter } from '../util/index.ts';
import { measureText } from './terminal-text.ts';
import { formatTop, type TopData } from './top-screen.ts';

const NOW = Date.UTC(2026, 10, 29, 16, 30);
const HOSTILE = 'evil\u001b[2J\u202e模型-with-a-remarkably-long-name-that-nobody-would-type\n2026';

function totals(key: string): CostTotals {
	const counts = { requests: 12, inputTokens: 1_234_567, outputTokens: 3, unpricedRequests: 0 };
	return { key, costNanoUsd: 1_230_000_000, ...counts } as CostTotals;
}

function limit(scope: string, spentUsd: number, limitUsd = 10): BudgetLimitStatus {
	return { scope, period: 'day', limitUsd, spentUsd, heldUsd: 0.5 } as BudgetLimitStatus;
}

function request(model: string, outcome: object | null): DecisionSummary {
	return { decision: { at: NOW, model, taskType: 'debugging' }, outcome } as unknown as DecisionSummary;
}

function createData(more: Partial<TopData> = {}): TopData {
	const overview = {
		at: NOW,
		timezone: 'Europe/Berlin',
		total: { requests: 12, costNanoUsd: 1_230_000_000, unpricedRequests: 2 },
		byModel: [totals('opus'), totals(HOSTILE), ...Array.from({ length: 20 }, (_, index) => totals(`model-${index}`))],
		recent: {
			sampled: 10,
			successes: 9,
			fallbacks: 1,
			latencyMs: { p50: 1200, p95: 8000 },
			cache: { inputTokens: 100, cacheReadTokens: 43 },
		},
	} as unknown as Overview;
	const outcome = {
		answeredBy: 'opus',
		success: true,
		usedFallback: false,
		actualCostNanoUsd: 5e7,
		actualLatencyMs: 900,
	};
	return {
		overview,
		limits: [limit('all', 2), limit('tag:nightly', 8.5), limit('key:ci', 11), limit(`team:${HOSTILE}`, 1)],
		newest: [
			request('opus', outcome),
			request('opus', { ...outcome, answeredBy: 'haiku', usedFallback: true }),
			request(HOSTILE, { ...outcome, answeredBy: HOSTILE, success: false, actualCostNanoUsd: null }),
			...Array.from({ length: 50 }, () => request('opus', null)),
		],
		queue: null,
		problem: null,
		...more,
	};
}

const colored = {
	style: (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { validateStream: false }),
};
const layout = { columns: 80, rows: 24, output: colored, isPlain: false };

describe('the screen of switchyard top', () => {
	it('shows limits, rates, models and the newest requests on a terminal of 80 by 24', () => {
		const lines = formatTop(createData(), layout).map((line) => stripVTControlCharacters(line));
		expect(lines).toHaveLength(24);
		const text = lines.join('\n');
		expect(lines[0]).toBe('switchyard top · today, 2026-11-29 17:30:00 Europe/Berlin · q quits');
		expect(text).toMatch(/^key:ci day +█+ +\$11\.00 of \$10\.00 115 %, \$0\.50 held$/m);
		expect(text).toContain('12 calls today, $1.23, 2 unpriced');
		expect(text).toContain('Last 10: 90 % answered, 10 % by fallback, p50 1.2 s, p95 8.0 s, 43 % cached');
		expect(text).toMatch(/^opus +12 +\$1\.23 +1\.2M +3$/m);
		expect(text).toMatch(/^17:30:00 +opus +debugging +answered +\$0\.0500 +0\.9 s$/m);
		expect(text).toMatch(/^17:30:00 +haiku +debugging +by fallback +\$0\.0500/m);
	});

	it('is never wider or longer than the terminal, whatever the names', () => {
		const size = fc.record({ columns: fc.integer({ min: 40, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) });
		fc.assert(
			fc.property(size, fc.constantFrom(null, `Locked\n${HOSTILE}`), (room, problem) => {
				const lines = formatTop(createData({ problem }), { ...layout, ...room });
				expect(lines.length).toBeLessThanOrEqual(room.rows);
				for (const line of lines) {
					expect(measureText(line)).toBeLessThanOrEqual(room.columns);
					const plain = stripVTControlCharacters(line);
					expect(findHiddenCharacter(plain)).toBeNull();
				}
			}),
		);
	});

	it('says so where nothing has happened yet', () => {
		const data = createData({ limits: [], newest: [] });
		const recent = { ...data.overview.recent, sampled: 0, latencyMs: null };
		const empty = { ...data, overview: { ...data.overview, byModel: [], recent } };
		expect(formatTop(empty, layout).join('\n')).toContain('No request has ended today.');
	});

	it('warns by colour on a terminal, and has none of it elsewhere', () => {
		const [yellow, red] = ['\u001b[33m', '\u001b[31m'];
		const shown = formatTop(createData(), layout);
		expect(shown.filter((line) => line.startsWith(yellow)).map((line) => line.includes('tag:nightly'))).toEqual([true]);
		expect(shown.filter((line) => line.startsWith(red)).map((line) => line.includes('key:ci'))).toEqual([true]);
		const plain = formatTop(createData(), { ...layout, isPlain: true, output: { style: (_, text) => text } });
		const text = plain.join('\n');
		for (const mark of ['\u001b', '█', 'q quits']) expect(text).not.toContain(mark);
	});
});

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatForScraper, formatGauge } from '../../../src/gateway/admin/prometheus-text.ts';
import { escapeLines } from '../../../src/util/index.ts';
import { type MetricFamily, parseOpenMetrics } from '../../support/open-metrics.ts';
import { chat, openTestGateway, type TestGateway } from '../../support/open-test-gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
	gateway = await openTestGateway({
		config: { budget: { dailyLimit: 8, monthlyLimit: 100, rules: [{ scope: 'tag', period: 'day', limit: 0.5 }] } },
	});
});
afterEach(() => gateway.close());

/** The metrics as Prometheus asks for them. */
async function scrape(): Promise<MetricFamily[]> {
	const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3';
	const response = await gateway.ask('/metrics', { headers: { accept } });
	expect(response.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
	return parseOpenMetrics(await response.text());
}

const find = (families: readonly MetricFamily[], name: string): MetricFamily['samples'] =>
	families.find((family) => family.name === name)?.samples ?? [];

async function generate(model: string, headers: Record<string, string> = {}): Promise<void> {
	await (
		await gateway.ask('/v1/chat/completions', { body: chat(model, { stream: true, max_tokens: 20 }), headers })
	).text();
}

describe('what a scraper reads', () => {
	it('is OpenMetrics from the first scrape on, without any request', async () => {
		const families = await scrape();
		expect(families.map(({ type }) => type)).not.toContain('');
		expect(families.every(({ help }) => help !== '')).toBe(true);
		expect(find(families, 'switchyard_requests')).toEqual([]);
	});

	it('is OpenMetrics after requests, failures and cooldowns, and the same as in Prometheus’ own format', async () => {
		const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get('haiku');
		gateway.simulator.script({ [modelId]: { schedule: [{ fault: '429', retryAfterSeconds: 60 }] } });
		for (const model of ['haiku', 'auto', 'no-such-model']) await generate(model);
		await scrape();
		const families = await scrape();
		const attempts = find(families, 'switchyard_attempts').map(({ labels }) => labels['outcome']);
		expect(new Set(attempts)).toEqual(new Set(['rate-limit', 'success']));
		expect(find(families, 'switchyard_cooldown_active')).toMatchObject([{ labels: { model: 'haiku' }, value: 1 }]);
		const plain = await (await gateway.ask('/metrics')).text();
		for (const { name, type } of families)
			expect(plain).toContain(`# TYPE ${name}${type === 'counter' ? '_total' : ''} ${type}\n`);
	});

	it('tells how near limits are, those of tags without their names', async () => {
		await generate('opus', { 'x-switchyard-tags': 'canary-tag' });
		const families = await scrape();
		const ratios = find(families, 'switchyard_budget_used_ratio');
		const scopes = ratios.map(({ labels }) => `${labels['scope']} ${labels['period']}`).sort();
		expect(scopes).toEqual(['all day', 'all month', 'tag day']);
		const [spent] = find(families, 'switchyard_budget_spent_usd').filter(({ labels }) => labels['period'] === 'day');
		const [day] = ratios.filter(({ labels }) => labels['scope'] === 'all' && labels['period'] === 'day');
		expect(spent?.value).toBeGreaterThan(0);
		expect(day?.value).toBeCloseTo((spent?.value ?? 0) / 8, 9);
		const [tag] = ratios.filter(({ labels }) => labels['scope'] === 'tag');
		expect(tag?.value).toBeCloseTo((spent?.value ?? 0) / 0.5, 9);
		expect(JSON.stringify(families)).not.toContain('canary');
	});

	it('tells what the ledger has yet to take in', async () => {
		await generate('haiku');
		const families = await scrape();
		expect(find(families, 'switchyard_ledger_journal_rows')).toHaveLength(1);
		expect(find(families, 'switchyard_ledger_lag_seconds')[0]?.value).toBeLessThan(60);
		expect(find(families, 'switchyard_storage_dropped_writes')).toMatchObject([{ value: 0 }]);
	});
});

describe('names that callers choose', () => {
	it('cannot fill the memory of whoever scrapes: past fifty made-up models they count together', async () => {
		// ids of a known family are passed on as they come
		for (let number = 0; number < 70; number += 1) await generate(`claude-haiku-9-${number}`);
		await generate('opus');
		const families = await scrape();
		const models = new Set(find(families, 'switchyard_attempts').map(({ labels }) => labels['model']));
		expect(models).toContain('opus');
		expect(models).toContain('other');
		expect(models.size).toBeLessThanOrEqual(52);
		const attempts = find(families, 'switchyard_attempts').reduce((sum, { value }) => sum + value, 0);
		expect(attempts).toBeGreaterThanOrEqual(71);
	});

	it('break no line, whatever is in them', () => {
		const value = fc.string({
			unit: fc.constantFrom('"', '\\', '\n', '\r', '{', '}', ',', '#', 'n', ' ', '\u202e', '\0', 'é'),
		});
		fc.assert(
			fc.property(value, value, (one, other) => {
				const text = formatGauge(['a', 'What it is.', ['one', 'other']], [[[one, other], 1]]);
				const [family] = parseOpenMetrics(formatForScraper(text, 'application/openmetrics-text').body);
				const labels = { one: escapeLines(one), other: escapeLines(other) };
				expect(family?.samples).toEqual([{ name: 'a', labels, value: 1 }]);
			}),
		);
	});
});

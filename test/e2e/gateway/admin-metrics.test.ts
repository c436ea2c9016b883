import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chat, openTestGateway, type TestGateway } from '../../support/open-test-gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
	gateway = await openTestGateway();
});
afterEach(() => gateway.close());

async function samples(): Promise<Map<string, number>> {
	const response = await gateway.ask('/metrics');
	expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
	const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
	return new Map(
		lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
	);
}

/** The sum of a metric over all its labels. */
function total(read: Map<string, number>, name: string, labels = ''): number {
	const of = [...read].filter(([key]) => (key === name || key.startsWith(`${name}{`)) && key.includes(labels));
	return of.reduce((sum, [, value]) => sum + value, 0);
}

describe('what is counted is what happened', () => {
	it('requests, attempts, tokens and the money of the ledger, to the nano-dollar', async () => {
		for (const more of [{}, { stream: true }, { stream: true }]) {
			await (await gateway.ask('/v1/chat/completions', { body: chat('auto', more) })).text();
		}
		await (await gateway.ask('/v1/messages', { body: { ...chat('haiku'), max_tokens: 50 } })).text();
		await (await gateway.ask('/v1/chat/completions', { body: chat('no-such-model') })).text();
		await (await gateway.ask('/nowhere')).text();
		const read = await samples();
		const requests = 'switchyard_requests_total';
		expect(read.get(`${requests}{route="generate",format="openai-chat",status="2xx"}`)).toBe(3);
		expect(read.get(`${requests}{route="generate",format="openai-chat",status="4xx"}`)).toBe(1);
		expect(read.get(`${requests}{route="generate",format="anthropic-messages",status="2xx"}`)).toBe(1);
		expect(read.get(`${requests}{route="none",format="",status="4xx"}`)).toBe(1);
		expect(total(read, 'switchyard_attempts_total', 'outcome="success"')).toBe(4);
		expect(total(read, 'switchyard_time_to_first_output_seconds_count', 'format="openai-chat",model=')).toBe(2);
		expect(total(read, 'switchyard_attempt_duration_seconds_count')).toBe(4);
		const { ledger } = await gateway.running.gateway.runtime.system.flush();
		const rows = await ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, 100);
		expect(rows).toHaveLength(4);
		expect(total(read, 'switchyard_cost_nano_usd_total')).toBe(
			rows.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0),
		);
		expect(total(read, 'switchyard_tokens_total', 'class="output"')).toBe(
			rows.reduce((sum, { usage }) => sum + usage.outputTokens, 0),
		);
		expect(read.get('switchyard_storage_degraded')).toBe(0);
		expect(read.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
	});

	it('failures by kind, and the model that took over', async () => {
		const { modelId } = gateway.running.gateway.runtime.system.router.catalog.get('haiku');
		gateway.simulator.script({ [modelId]: { schedule: [{ fault: '429', retryAfterSeconds: 60 }] } });
		await (await gateway.ask('/v1/chat/completions', { body: chat('haiku') })).text();
		const read = await samples();
		expect(total(read, 'switchyard_attempts_total', 'outcome="rate-limit"')).toBe(1);
		expect(total(read, 'switchyard_fallbacks_total')).toBe(1);
	});

	it('no key, tag, session or text of a caller is ever in it', async () => {
		const canaries = { 'x-switchyard-tags': 'canary-tag', 'x-switchyard-session': 'canary-session' };
		await (
			await gateway.ask('/v1/chat/completions', { body: chat('auto', { user: 'canary-user' }), headers: canaries })
		).text();
		await (await gateway.ask('/v1/models/canary-model', {})).text();
		await (await gateway.ask('/v1/chat/completions', { body: chat('canary-model') })).text();
		expect([...(await samples()).keys()].join('\n')).not.toMatch(/canary|local/);
	});

	it('it goes on counting over a reload, also what began before it', async () => {
		await (await gateway.ask('/v1/chat/completions', { body: chat() })).text();
		await gateway.running.reload();
		await (await gateway.ask('/v1/chat/completions', { body: chat() })).text();
		expect(total(await samples(), 'switchyard_attempts_total', 'outcome="success"')).toBe(2);
	});
});

import { describe, expect, it } from 'vitest';
import { DEFAULT_MODEL_PROFILES, ModelCatalog } from '../catalog/index.ts';
import { FirstOutputTimes, getFirstOutputMs, planPatience, readThinkingEffort } from './patience.ts';

const catalog = new ModelCatalog(DEFAULT_MODEL_PROFILES);
const wait = (model: string, effort: 'off' | 'unasked' | 'low' | 'high', inputTokens = 100, configuredMs = 10_000) =>
	getFirstOutputMs(catalog.get(model), { effort, inputTokens }, configuredMs);

describe('a healthy model is not left, and paid for twice, while it thinks', () => {
	it.each(['gpt-5', 'gpt-5-mini', 'gemini-2.5-pro', 'claude-opus-5-5'])(
		'%s thinks though nobody asks it to',
		(model) => {
			expect(wait(model, 'unasked')).toBe(60_000);
			expect(wait(model, 'high')).toBe(120_000);
			expect(wait(model, 'off')).toBeLessThan(20_000);
		},
	);

	it('a model that does not is left as soon as before', () => {
		expect(wait('haiku', 'unasked')).toBe(10_000);
	});

	it('who configures a shorter wait gets shorter ones everywhere', () => {
		expect(wait('gpt-5', 'unasked', 100, 2000)).toBe(12_000);
	});

	it('a long prompt is read before it is answered: 30 s for 100,000 tokens', () => {
		expect(wait('haiku', 'off', 120_000)).toBe(40_000);
	});
});

const call = { target: 'gpt-5@openai', effort: 'unasked', inputTokens: 100 };

it('a model that often takes long is waited for, as few others as there are may be cut off: 99 of 100', () => {
	const times = new FirstOutputTimes();
	for (let count = 0; count < 19; count += 1) times.observe(call, 30_000);
	expect(times.estimateP99(call)).toBeNull();
	for (let count = 0; count < 380; count += 1) times.observe(call, 1000);
	// 19 of 399 waits are long ones
	expect(times.estimateP99(call)).toBeGreaterThanOrEqual(30_000);
	expect(times.estimateP99(call)).toBeLessThan(38_000);
	for (let count = 0; count < 520; count += 1) times.observe(call, 1000);
	for (let count = 0; count < 1100; count += 1) times.observe(call, 1000);
	expect(times.estimateP99(call)).toBeLessThan(1300);
});

it('what one effort or size of prompt takes says nothing of another', () => {
	const times = new FirstOutputTimes();
	for (let count = 0; count < 50; count += 1) times.observe(call, 5000);
	expect(times.estimateP99({ ...call, inputTokens: 7000 })).not.toBeNull();
	expect(times.estimateP99({ ...call, inputTokens: 9000 })).toBeNull();
	expect(times.estimateP99({ ...call, effort: 'high' })).toBeNull();
});

it('odd waits are counted at the ends', () => {
	const times = new FirstOutputTimes();
	for (let count = 0; count < 20; count += 1) times.observe(call, 0);
	expect(times.estimateP99(call)).toBe(100);
	for (let count = 0; count < 20; count += 1) times.observe(call, 1e12);
	expect(times.estimateP99(call)).toBeGreaterThan(3_000_000);
});

it.each([
	[{}, 'unasked'],
	[{ reasoning_effort: 'minimal' }, 'off'],
	[{ reasoning_effort: 'low' }, 'low'],
	[{ reasoning: { effort: 'xhigh' } }, 'high'],
	[{ reasoning: { summary: 'auto' } }, 'unasked'],
	[{ thinking: { type: 'disabled' } }, 'off'],
	[{ thinking: { type: 'adaptive' } }, 'high'],
	[{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'low'],
	[{ output_config: { effort: 'low' } }, 'low'],
	[{ generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, 'off'],
	[{ generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH' } } }, 'high'],
	[{ generation_config: { thinking_config: { thinking_budget: -1 } } }, 'high'],
])('who asks a model to think is given the time for it, in every format: %j is %s', (body, effort) => {
	expect(readThinkingEffort(body)).toBe(effort);
});

it('calls that were seen to take long are waited for longer, within bounds; others never shorter', () => {
	const profile = catalog.get('haiku');
	const times = new FirstOutputTimes();
	const plan = () =>
		planPatience(
			{ deployment: 'anthropic', profile },
			{ effort: 'off', inputTokens: 10 },
			{ configuredMs: 10_000, times },
		);
	const { firstOutputMs, onFirstOutput } = plan();
	expect(firstOutputMs).toBe(10_000);
	for (let count = 0; count < 30; count += 1) onFirstOutput(200);
	expect(plan().firstOutputMs).toBe(10_000);
	for (let count = 0; count < 30; count += 1) onFirstOutput(9000);
	expect(plan().firstOutputMs).toBeGreaterThan(13_000);
	for (let count = 0; count < 300; count += 1) onFirstOutput(900_000);
	expect(plan().firstOutputMs).toBe(30_000);
});

import { expect, it } from 'vitest';
import { replay } from '../../benchmarks/prompt-caching/replay.ts';
import {
	agentSessions,
	mixedWork,
	oneShotTasks,
	slowConversations,
} from '../../benchmarks/prompt-caching/workloads.ts';

it('single tasks cost no more for the marks that others need', () => {
	const { plain, marked } = replay(oneShotTasks(200));
	expect(marked).toBeLessThanOrEqual(plain * 1.005);
});

it('agents pay less than half for their input', () => {
	const { plain, marked } = replay(agentSessions(8));
	expect(marked).toBeLessThan(plain * 0.5);
});

it('pauses longer than five minutes are bridged by the hour', () => {
	const { plain, marked, always } = replay(slowConversations(8));
	expect(marked).toBeLessThan(plain * 0.6);
	expect(always).toBeGreaterThan(plain);
});

it('in mixed work the rule beats marks on everything', () => {
	const { marked, always } = replay(mixedWork());
	expect(marked).toBeLessThan(always);
});

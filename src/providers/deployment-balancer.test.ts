import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/index.ts';
import { createDeployments } from './create-deployments.ts';
import type { DeploymentAccess } from './deployment.ts';
import { type BalancedDeployment, DeploymentBalancer } from './deployment-balancer.ts';
import { DeploymentTable } from './deployment-table.ts';
import { LimitTracker } from './limits.ts';

const idle = (id: string, weight = 1, more: Partial<BalancedDeployment> = {}): BalancedDeployment => {
	return { id, weight, inFlight: 0, tokensLeft: null, ...more };
};

/** How often each deployment is first in so many turns. */
function countFirst(turns: number, order: (turn: number) => string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (let turn = 0; turn < turns; turn += 1) {
		const first = order(turn)[0] ?? '';
		counts[first] = (counts[first] ?? 0) + 1;
	}
	return counts;
}

describe('deployments of one priority share the requests', () => {
	it('by weight, and evenly in time: a weight of 3 gets three of four calls, never four in a row', () => {
		const balancer = new DeploymentBalancer();
		const firsts = Array.from({ length: 400 }, () => balancer.order('m', [idle('a', 3), idle('b', 1)], null)[0]);
		expect(firsts.filter((id) => id === 'a')).toHaveLength(300);
		expect(firsts.join('')).not.toMatch(/aaaa|bb/);
	});

	it('where fewer calls are under way for the weight, so that a slow one is not piled on', () => {
		const balancer = new DeploymentBalancer();
		const busy = (inFlightA: number, inFlightB: number) =>
			balancer.order('m', [idle('a', 3, { inFlight: inFlightA }), idle('b', 1, { inFlight: inFlightB })], null)[0];
		expect([busy(2, 1), busy(4, 1), busy(1, 0)]).toEqual(['a', 'b', 'b']);
	});

	it('by the tokens that their providers still allow', () => {
		const balancer = new DeploymentBalancer();
		const deployments = [idle('full', 1, { tokensLeft: 900_000 }), idle('low', 1, { tokensLeft: 100_000 })];
		expect(countFirst(100, () => balancer.order('m', deployments, null))).toEqual({ full: 90, low: 10 });
		const used = [idle('full', 1, { tokensLeft: 900_000 }), idle('used-up', 1, { tokensLeft: 0 })];
		expect(countFirst(100, () => balancer.order('n', used, null))['full']).toBeGreaterThanOrEqual(99);
	});

	it('by session, so that a conversation stays where its prompt cache is, also when another deployment comes', () => {
		const balancer = new DeploymentBalancer();
		const two = [idle('a', 3), idle('b', 1)];
		const session = (turn: number) => `session-${turn}`;
		const counts = countFirst(2000, (turn) => balancer.order('m', two, session(turn)));
		expect(counts['a']).toBeGreaterThan(1400);
		expect(counts['a']).toBeLessThan(1600);
		for (let turn = 0; turn < 200; turn += 1) {
			const [before] = balancer.order('m', two, session(turn));
			const busy = two.map((deployment) => ({ ...deployment, inFlight: 50 * turn }));
			expect(balancer.order('m', busy, session(turn))[0]).toBe(before);
			const [after] = balancer.order('m', [...two, idle('c', 1)], session(turn));
			expect([before, 'c']).toContain(after);
		}
	});

	it('and every one of them is tried, each once, whatever the figures', () => {
		const balancer = new DeploymentBalancer();
		const deployment = fc.record({
			weight: fc.double({ min: 0.001, max: 1000, noNaN: true }),
			inFlight: fc.nat(1000),
			tokensLeft: fc.option(fc.nat(10_000_000)),
		});
		fc.assert(
			fc.property(
				fc.array(deployment, { minLength: 2, maxLength: 6 }),
				fc.option(fc.string(), { nil: null }),
				(list, session) => {
					const deployments = list.map((figures, index) => ({ ...figures, id: `d${index}` }));
					const order = balancer.order('m', deployments, session);
					expect([...order].sort()).toEqual(deployments.map(({ id }) => id));
				},
			),
		);
	});
});

describe('the deployments of a model are tried', () => {
	const access = (id: string, more: Partial<DeploymentAccess> = {}): DeploymentAccess => {
		const key = { credential: 'none', auth: 'api-key', apiKey: 'k' } as const;
		return {
			id,
			kind: 'openai',
			...key,
			baseUrl: 'http://127.0.0.1:9/v1',
			provider: null,
			models: { m: 'm' },
			...more,
		};
	};
	const order = (accesses: DeploymentAccess[]) => {
		const table = new DeploymentTable(createDeployments(accesses, { allowedPrivateHosts: ['127.0.0.1'] }), [], () => {
			return { name: 'm', modelId: 'm', provider: 'x' } as never;
		});
		const limits = new LimitTracker();
		const clock = new ManualClock();
		return { limits, next: () => limits.createHooks(table, { clock, tokens: 1 }).getDeployments('m') };
	};

	it('in the order of the list where they have no priority, and by priority before anything else', () => {
		const plain = order([access('a', { weight: 1 }), access('b', { weight: 900 })]);
		expect([plain.next(), plain.next()]).toEqual([
			['a', 'b'],
			['a', 'b'],
		]);
		const ranked = order([access('a', { priority: 1 }), access('b', { priority: 2 }), access('c', { priority: 2 })]);
		const orders = Array.from({ length: 4 }, () => ranked.next().join(''));
		expect(orders).toEqual(['abc', 'acb', 'abc', 'acb']);
	});

	it('with the calls under way in mind until they have ended, also when they fail', async () => {
		const { limits, next } = order([access('a', { priority: 1, weight: 1000 }), access('b', { priority: 1 })]);
		const { promise, reject } = Promise.withResolvers<never>();
		const call = limits.track({ model: 'm', deployment: 'a' }, { tokens: 1 }, () => promise);
		expect(next()).toEqual(['b', 'a']);
		reject(new Error('gone'));
		await expect(call).rejects.toThrow('gone');
		expect(next()).toEqual(['a', 'b']);
	});
});

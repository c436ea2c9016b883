import type { BudgetConfig, RouterConfig, RouterStorage } from '../../contracts/index.ts';
import { SHADOW_TAG } from '../../contracts/index.ts';
import { RoutingSystem } from '../../system/index.ts';

const nothing = async (): Promise<never[]> => [];

/** A storage in which money is held and booked as in the other, and nothing else leaves a trace. */
function keepMoneyOnly(storage: RouterStorage): RouterStorage {
	const { budgets, ledger, limits, prices } = storage;
	return {
		...({} as RouterStorage),
		kind: storage.kind,
		location: storage.location,
		budgets: {
			reserve: (reservation) => budgets.reserve(reservation),
			settle: (reservation, entry) => budgets.settle(reservation, entry),
			release: (reservation) => budgets.release(reservation),
			charge: (checks, entry) => budgets.charge(checks, entry),
			correct: (checks, entry) => budgets.correct(checks, entry),
			unsettled: (limit) => budgets.unsettled(limit),
			spend: (scope, periodKey) => budgets.spend(scope, periodKey),
			expire: (now) => budgets.expire(now),
			// alerts and the view of limits are the gateway's own
			claimAlert: async () => false,
			saveLimits: async () => {},
		},
		ledger: { ...ledger, entries: (range, limit) => ledger.entries(range, limit) },
		limits,
		prices,
		performance: { performance: nothing, observations: nothing },
		records: {
			write: async () => {},
			outcomes: nothing,
			decisions: nothing,
		} as unknown as RouterStorage['records'],
		archiveBefore: async () => 0,
		close: async () => {},
	};
}

/**
 * A system that calls models beside the users' requests: its money is reserved and booked as theirs, under its own tag with a hard limit a
 * day; decisions, outcomes, cooldowns and what is learned are nobody's but its own, and are not kept.
 */
export function createAsideSystem(system: RoutingSystem, { limitUsd }: { limitUsd: number }): RoutingSystem {
	const config: RouterConfig = {
		...system.config,
		enableLearning: false,
		enableCache: false,
		fallback: { ...system.config.fallback, enabled: false, maxAttempts: 1 },
		policy: { name: 'weighted', whenUnsure: 'best-score' },
	};
	const { rules = [], ...budget } = system.costOptimizer.budget;
	const limited: BudgetConfig = {
		...budget,
		rules: [
			...rules,
			{ scope: 'tag', of: SHADOW_TAG, shared: true, period: 'day', limit: limitUsd, atLimit: 'refuse' },
		],
	};
	return new RoutingSystem(config, limited, {
		openStorage: async () => keepMoneyOnly(await system.storage()),
		countTextTokens: system.countTextTokens,
	});
}

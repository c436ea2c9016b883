import type { BudgetCheck, Clock, Logger, RouterEventListener, RouterStorage } from '../contracts/index.ts';
import { type CostOptimizer, findAlerts } from '../cost/index.ts';

/** Milliseconds between a charge and the look at its limits: many charges share one look. */
const DELAY_MS = 100;
/** Limits waiting for a look at most; the rest are looked at with their next charge. */
const MAX_WAITING = 1000;

/** What the watch works with. */
export interface AlertWatchPorts {
	storage: () => Promise<RouterStorage>;
	optimizer: CostOptimizer;
	clock: Clock;
	emit: RouterEventListener;
	logger: Logger;
}

/** Looks at limits after charges, off the path of any request; an alert speaks once over all processes. */
export class AlertWatch {
	readonly #ports: AlertWatchPorts;
	readonly #waiting = new Map<string, BudgetCheck>();
	#timer: ReturnType<typeof setTimeout> | null = null;
	#looking: Promise<void> = Promise.resolve();

	constructor(ports: AlertWatchPorts) {
		this.#ports = ports;
	}

	/** Money was charged under these limits. */
	add(checks: readonly BudgetCheck[]): void {
		for (const check of checks) {
			if (this.#waiting.size >= MAX_WAITING) break;
			this.#waiting.set(`${check.scope}\u0000${check.periodKey}\u0000${check.limitNanoUsd}`, check);
		}
		if (this.#timer !== null || this.#waiting.size === 0) return;
		const timer = setTimeout(() => void this.flush(), DELAY_MS);
		// a look that waits must not keep a finished program alive; closing looks
		if (typeof timer === 'object') timer.unref();
		this.#timer = timer;
	}

	/** Looks at everything that waits. */
	flush(): Promise<void> {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		const checks = [...this.#waiting.values()];
		this.#waiting.clear();
		if (checks.length > 0) this.#looking = this.#looking.then(() => this.#look(checks));
		return this.#looking;
	}

	async #look(checks: readonly BudgetCheck[]): Promise<void> {
		const { clock, emit, logger, optimizer, storage } = this.#ports;
		try {
			const { budgets } = await storage();
			for (const check of checks) {
				const { settledNanoUsd: spentNanoUsd } = await budgets.spend(check.scope, check.periodKey);
				for (const alert of findAlerts({ check, spentNanoUsd, warnAt: optimizer.warnAt(check) })) {
					if (await budgets.claimAlert(alert.id, clock.now())) emit(alert.event);
				}
			}
		} catch (error) {
			// an alert is no reason to stop: the limit itself is held by the reservation
			logger.error('Budget alerts could not be looked for', { error: String(error) });
		}
	}
}

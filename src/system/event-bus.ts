import type { Logger, RouterEvent, RouterEventListener } from '../contracts/index.ts';

/** Calls every listener with every event; what a listener throws is logged and never reaches the caller. */
export class EventBus {
	readonly #listeners = new Set<RouterEventListener>();
	readonly #logger: Logger;

	constructor(logger: Logger) {
		this.#logger = logger;
	}

	/** Adds a listener; the returned function removes it. */
	subscribe(listener: RouterEventListener): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}

	emit(event: RouterEvent): void {
		for (const listener of this.#listeners) {
			try {
				listener(event);
			} catch (error) {
				this.#logger.error(`A listener failed on ${event.type}`, { error: String(error) });
			}
		}
	}
}

/** Logs an event, never with the task's text; decisions and attempts only where debug is on. */
export function logEvent(event: RouterEvent, { logger, isDebug }: { logger: Logger; isDebug: boolean }): void {
	switch (event.type) {
		case 'storage-degraded':
			logger.error('Storage cannot be used; memory stands in', { reason: event.message });
			return;
		case 'budget-alert':
			logger.warn(`${event.thresholdPercent}% of the budget of the ${event.period} is spent`, event);
			return;
		case 'fallback-triggered':
			logger.warn(`${event.from} gave way to ${event.to}`, { decisionId: event.decisionId, attempt: event.attempt });
			return;
		case 'rate-limit-hit':
			logger.warn(`${event.limit.model} is rate limited`, { decisionId: event.decisionId, limit: event.limit });
			return;
		case 'decision-made':
			if (isDebug) logDecision(logger, event.decision);
			return;
		default:
			if (isDebug && event.type !== 'task-classified') logger.debug(event.type, event);
	}
}

function logDecision(logger: Logger, decision: Extract<RouterEvent, { type: 'decision-made' }>['decision']): void {
	const { type, complexity, pattern } = decision.descriptor;
	logger.debug(`Routed to ${decision.model.name} with ${decision.confidence.toFixed(1)}% confidence`, {
		id: decision.id,
		task: { type, complexity, pattern },
		scores: decision.scores.map(({ model, totalScore, scores }) => ({ model: model.name, totalScore, ...scores })),
		exclusions: decision.exclusions,
		reasoning: decision.reasoning,
	});
}

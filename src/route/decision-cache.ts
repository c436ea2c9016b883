import type { RoutingDecision, TaskDescriptor, TokenInterval } from '../contracts/index.ts';
import type { LikelyType } from './policies.ts';

/** Decisions the cache holds at most. @default 10000 */
export const DECISION_CACHE_CAPACITY = 10_000;

/** A decision without what is new each time. */
export type DecisionTemplate = Omit<RoutingDecision, 'id' | 'timestamp' | 'cached' | 'descriptor' | 'decisionTimeMs'>;

/** What decides beside the task. */
export interface RoutingRevisions {
	/** Hash of weights, policy, candidates, availability and limits: what is fixed for the life of a router. */
	settings: string;
	catalogVersion: string;
	historyRevision: number;
	correctionRevision: number;
}

function intervalKey(interval: TokenInterval | undefined): string {
	return interval === undefined ? '' : `${interval.low}~${interval.high}`;
}

/**
 * The cache key: equal exactly when everything that decides is equal. The task's text is no part of it: two tasks
 * that were read alike are decided alike. `likely` stands for the classifier's probabilities.
 */
export function createDecisionKey(
	task: TaskDescriptor,
	likely: readonly LikelyType[],
	state: RoutingRevisions,
): string {
	let key = `${state.settings}|${state.catalogVersion}|${state.historyRevision}.${state.correctionRevision}|${task.type}|${task.complexity}|${task.pattern}|${task.priority}|${task.estimatedInputTokens}|${intervalKey(task.inputTokensInterval)}|${task.estimatedOutputTokens}|${intervalKey(task.outputTokensInterval)}|${task.requiresExtendedThinking}|${task.involvesCode}|${task.requiresCreativity === true}`;
	if (likely.length > 1) for (const { type, probability } of likely) key += `|${type}=${probability}`;
	if (task.constraints !== undefined) key += `|c${JSON.stringify(task.constraints)}`;
	if (task.cachedPrefix !== undefined) key += `|p${JSON.stringify(task.cachedPrefix)}`;
	return key;
}

/** The template's lists copied, so that a caller who edits a decision never edits the cache. */
export function copyTemplate(template: DecisionTemplate): DecisionTemplate {
	return {
		...template,
		reasoning: template.reasoning.slice(),
		alternatives: template.alternatives.map((alternative) => ({ ...alternative })),
		estimatedCostRange: { ...template.estimatedCostRange },
		fallbackChain: template.fallbackChain.slice(),
		predictedQuality: { ...template.predictedQuality },
		scores: template.scores.map((score) => ({ ...score, scores: { ...score.scores } })),
		exclusions: template.exclusions.map((exclusion) => ({ ...exclusion })),
		policy: { ...template.policy },
	};
}

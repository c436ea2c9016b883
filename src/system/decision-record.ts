import type { DecisionRecord, RoutingDecision } from '../contracts/index.ts';
import { hashText } from '../util/index.ts';

/** A decision as it is remembered; the task's text only where capture is on. */
export function decisionRecord(
	decision: RoutingDecision,
	options: { captureText: boolean; hashKey: string },
): DecisionRecord {
	const { descriptor } = decision;
	return {
		id: decision.id,
		// Keyed, so that a short task cannot be found by hashing guesses without the key.
		taskHash: hashText(`${options.hashKey}\u0000${descriptor.task}`),
		taskText: options.captureText ? descriptor.task : null,
		taskType: descriptor.type,
		complexity: descriptor.complexity,
		pattern: descriptor.pattern,
		model: decision.model.name,
		modelId: decision.model.modelId,
		confidence: decision.confidence,
		estimatedCostNanoUsd: decision.estimatedCostNanoUsd,
		estimatedLatencyMs: decision.estimatedLatencyMs,
		estimatedInputTokens: descriptor.estimatedInputTokens,
		estimatedOutputTokens: descriptor.estimatedOutputTokens,
		reasoning: decision.reasoning,
		alternatives: decision.alternatives.map(({ model, score, reason }) => ({ model: model.name, score, reason })),
		policy: decision.policy.name,
		policyVersion: decision.policy.version,
		catalogVersion: decision.catalogVersion,
		propensity: decision.propensity,
		isCached: decision.cached,
		decisionTimeMs: decision.decisionTimeMs,
		...(descriptor.features !== undefined && { features: descriptor.features }),
		at: decision.timestamp.getTime(),
	};
}

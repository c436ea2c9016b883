import type { RoutingDecision } from '../index.ts';
import { formatUsd, type Output } from './output.ts';

/** Characters of the task that are repeated above its decision. */
const SHOWN_TASK = 200;

/** Text for a terminal: one line, no control characters. */
export function singleLine(text: string, limit: number = SHOWN_TASK): string {
	const clean = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
	return clean.length > limit ? `${clean.slice(0, limit)}…` : clean;
}

/** JSON carries no NaN: an unpriced cost is null. */
function orNull(value: number): number | null {
	return Number.isNaN(value) ? null : value;
}

/** The decision as `--json` prints it; documented in docs/reference/cli.md and pinned by a test. */
export function decisionJson(decision: RoutingDecision): Record<string, unknown> {
	const { descriptor } = decision;
	return {
		id: decision.id,
		model: decision.model.name,
		modelId: decision.model.modelId,
		provider: decision.model.provider,
		confidence: decision.confidence,
		estimatedCost: orNull(decision.estimatedCost),
		estimatedCostRange: {
			low: orNull(decision.estimatedCostRange.low),
			high: orNull(decision.estimatedCostRange.high),
		},
		estimatedLatencyMs: decision.estimatedLatencyMs,
		estimatedCompletionMs: decision.estimatedCompletionMs ?? null,
		predictedQuality: decision.predictedQuality,
		alternatives: decision.alternatives.map(({ model, score, reason }) => ({ model: model.name, score, reason })),
		fallbackChain: decision.fallbackChain,
		reasoning: decision.reasoning,
		exclusions: decision.exclusions,
		scores: decision.scores.map(({ model, totalScore, scores }) => ({ model: model.name, totalScore, scores })),
		policy: decision.policy,
		propensity: decision.propensity,
		cached: decision.cached,
		catalogVersion: decision.catalogVersion,
		timestamp: decision.timestamp.toISOString(),
		task: {
			type: descriptor.type,
			complexity: descriptor.complexity,
			pattern: descriptor.pattern,
			priority: descriptor.priority,
			estimatedInputTokens: descriptor.estimatedInputTokens,
			estimatedOutputTokens: descriptor.estimatedOutputTokens,
		},
	};
}

/** The decision as a person reads it, in the specification's layout. */
export function decisionText(task: string, decision: RoutingDecision, output: Output): string {
	const lines = [
		`Task: "${singleLine(task)}"`,
		'',
		`Selected Model: ${output.style('bold', decision.model.name)}`,
		`Confidence: ${decision.confidence.toFixed(1)}%`,
		'',
		'Reasoning:',
		...decision.reasoning.map((reason) => `- ${reason}`),
		'',
		`Estimated Cost: ${formatUsd(decision.estimatedCost, 4)}`,
		`Estimated Latency: ${Math.round(decision.estimatedLatencyMs)}ms`,
	];
	if (decision.alternatives.length > 0) {
		lines.push('', 'Alternatives:');
		for (const [index, { model, score, reason }] of decision.alternatives.entries()) {
			lines.push(`${index + 1}. ${model.name} (score: ${score.toFixed(1)}) - ${reason}`);
		}
	}
	if (decision.exclusions.length > 0) {
		lines.push('', 'Excluded:', ...decision.exclusions.map(({ model, message }) => `- ${model}: ${message}`));
	}
	lines.push('', `Fallback Chain: ${decision.fallbackChain.join(' → ')}`);
	return lines.join('\n');
}

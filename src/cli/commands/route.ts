import { type Command, InvalidArgumentError } from 'commander';
import type { RoutingDecision } from '../../contracts/index.ts';
import type { RouteOptions } from '../../system/index.ts';
import { type GlobalOptions, parseAmount, readTaskArgument } from '../options.ts';
import { formatSection, formatUsd, type Output } from '../output.ts';
import { quoteArgument, truncateText } from '../terminal-text.ts';

interface RouteFlags extends GlobalOptions {
	maxCost?: number;
	minQuality?: number;
	maxLatency?: number;
	prefer?: string;
	context?: string;
}

function parseQuality(value: string): number {
	const points = Number(value);
	if (value.trim() !== '' && points >= 0 && points <= 100) return points;
	throw new InvalidArgumentError(`${quoteArgument(value)} is not a quality. Write a number from 0 to 100.`);
}

/** Adds the options that limit a routing decision. */
export function addConstraintOptions(command: Command): Command {
	return command
		.option('--max-cost <usd>', 'highest expected cost in USD', parseAmount)
		.option('--min-quality <points>', 'lowest quality of the model, 0-100', parseQuality)
		.option('--max-latency <ms>', 'highest typical latency in milliseconds', parseAmount)
		.option('--prefer <model>', 'choose this model when it is eligible')
		.option('--context <text>', 'additional context of the task');
}

/** The flags as the library's options. */
export function toConstraintOptions(flags: RouteFlags): Pick<RouteOptions, 'context' | 'constraints'> {
	const { context, maxCost, minQuality, maxLatency, prefer: preferredModel } = flags;
	const limits = Object.entries({ maxCost, minQuality, maxLatency, preferredModel });
	return { context, constraints: Object.fromEntries(limits.filter(([, value]) => value !== undefined)) };
}

/** `switchyard route <task>` */
export function routeCommand(program: Command): void {
	const command = program
		.command('route')
		.description('recommend a model for a task, with the reasons')
		.argument('<task...>', 'the task, or - to read it from standard input');
	addConstraintOptions(command)
		.addHelpText(
			'after',
			`
Examples:
  switchyard route "Design microservices architecture"
  switchyard route "Write a quick documentation comment" --max-cost 0.01
  git diff | switchyard route - --json`,
		)
		.action(async (words: string[], _options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<RouteFlags>();
			const { inProject } = await import('../session.ts');
			const task = await readTaskArgument(words);
			await inProject(flags, async ({ system, output }) => {
				const decision = await system.routeTask(task, toConstraintOptions(flags));
				output.result(toDecisionJson(decision), () => formatDecision(task, decision, output));
				output.hint('Next: "switchyard run" with the same task executes it; --json shows every score.');
			});
		});
}

/** Characters of the task that are repeated above its decision. */
const MAX_TASK_CHARACTERS = 200;

/** Text for a terminal: one line, no control characters. */
export function toSingleLine(text: string, limit: number = MAX_TASK_CHARACTERS): string {
	const clean = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
	return truncateText(clean, limit);
}

/** The decision as `--json` prints it (an unpriced cost as `null`, for JSON carries no NaN); documented in docs/reference/cli.md and pinned by a test. */
export function toDecisionJson(decision: RoutingDecision): Record<string, unknown> {
	const { type, complexity, pattern, priority, estimatedInputTokens, estimatedOutputTokens } = decision.descriptor;
	const { low, high } = decision.estimatedCostRange;
	return {
		id: decision.id,
		model: decision.model.name,
		modelId: decision.model.modelId,
		provider: decision.model.provider,
		confidence: decision.confidence,
		estimatedCost: decision.estimatedCost,
		estimatedCostRange: { low, high },
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
		task: { type, complexity, pattern, priority, estimatedInputTokens, estimatedOutputTokens },
	};
}

/** The decision as a person reads it, in the specification's layout. */
function formatDecision(task: string, decision: RoutingDecision, output: Output): string {
	const { alternatives, exclusions } = decision;
	const listed = alternatives.map(({ model, score, reason }, index) => {
		return `${index + 1}. ${model.name} (score: ${score.toFixed(1)}) - ${reason}`;
	});
	const excluded = exclusions.map(({ model, message }) => `- ${model}: ${message}`);
	return [
		`Task: "${toSingleLine(task)}"`,
		'',
		`Selected Model: ${output.style('bold', decision.model.name)}`,
		`Confidence: ${decision.confidence.toFixed(1)}%`,
		'',
		'Reasoning:',
		...decision.reasoning.map((reason) => `- ${reason}`),
		'',
		`Estimated Cost: ${formatUsd(decision.estimatedCost, 4)}`,
		`Estimated Latency: ${Math.round(decision.estimatedLatencyMs)}ms`,
		...formatSection('Alternatives:', listed),
		...formatSection('Excluded:', excluded),
		'',
		`Fallback Chain: ${decision.fallbackChain.join(' → ')}`,
	].join('\n');
}

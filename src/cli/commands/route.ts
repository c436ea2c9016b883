import { type Command, InvalidArgumentError } from 'commander';
import {
	type Exclusion,
	type ModelProfile,
	PROVIDER_KEY_VARIABLES,
	type RoutingDecision,
} from '../../contracts/index.ts';
import type { Project, ProjectOptions } from '../../project.ts';
import type { RouteOptions } from '../../system/index.ts';
import { type GlobalOptions, parseAmount, readTaskArgument } from '../options.ts';
import { formatSection, formatUsd, type Output } from '../output.ts';
import { getColumns, quoteArgument, truncateText } from '../terminal-text.ts';

interface RouteFlags extends GlobalOptions {
	maxCost?: number;
	minQuality?: number;
	maxLatency?: number;
	prefer?: string;
	context?: string;
	workload?: string;
	all?: boolean;
	verbose?: boolean;
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
		.option('--context <text>', 'additional context of the task')
		.option('--workload <name>', 'whose work it is and of which kind: what was learned of it counts first');
}

/** The flags as the library's options. */
export function toConstraintOptions(flags: RouteFlags): Pick<RouteOptions, 'context' | 'constraints' | 'workload'> {
	const { context, maxCost, minQuality, maxLatency, prefer: preferredModel, workload } = flags;
	const limits = Object.entries({ maxCost, minQuality, maxLatency, preferredModel });
	return { context, workload, constraints: Object.fromEntries(limits.filter(([, value]) => value !== undefined)) };
}

/** `switchyard route <task>` */
export function routeCommand(program: Command): void {
	const command = program
		.command('route')
		.description('recommend a model for a task, with the reasons')
		.argument('<task...>', 'the task, or - to read it from standard input');
	addConstraintOptions(command)
		.option('--all', 'let models compete that cannot be called here')
		.option('--verbose', 'say of every excluded model why')
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
			const { inSession } = await import('../session.ts');
			const task = await readTaskArgument(words);
			const open = (options: ProjectOptions) => openRace(options, flags.all === true);
			await inSession(flags, open, async ({ system, competing, output }) => {
				const decision = await system.routeTask(task, toConstraintOptions(flags));
				const excluded =
					flags.verbose === true ? null : summarizeExclusions(decision.exclusions, system.router.catalog);
				const note = competing === 'all' && flags.all !== true ? NOTHING_CALLABLE : null;
				output.result({ ...toDecisionJson(decision), competing }, () =>
					[...formatDecision(task, decision, output, excluded), ...(note === null ? [] : ['', note])].join('\n'),
				);
				output.hint('Next: "switchyard run" with the same task executes it; --json shows every score.');
			});
		});
}

/** What can be called competes, as it does for `run`; all models where nothing can be called, or where that is asked for. */
export async function openRace(
	options: ProjectOptions,
	isOpenToAll: boolean,
): Promise<Project & { competing: Competing }> {
	const { loadProject, openCallableProject, openUnlimitedProject, resolveAccesses } = await import('../../project.ts');
	const loaded = loadProject(options);
	const accesses = isOpenToAll ? [] : resolveAccesses(loaded, options);
	if (accesses.length === 0) return { ...openUnlimitedProject(loaded, options), competing: 'all' };
	return { ...openCallableProject(loaded, accesses, options), competing: 'callable' };
}

type Competing = 'callable' | 'all';

const NOTHING_CALLABLE = 'No key is set, so all providers compete; with a key, only what it can call.';

/** The excluded models in two entries: what cannot be called by provider, the others with the kind of their reason. */
function summarizeExclusions(
	exclusions: readonly Exclusion[],
	catalog: { find(name: string): ModelProfile | undefined },
): string[] {
	const isUncallable = ({ reason }: Exclusion): boolean => reason === 'unavailable';
	const byProvider = Map.groupBy(
		exclusions.filter(isUncallable),
		({ model }) => catalog.find(model)?.provider ?? model,
	);
	const uncallable = [...byProvider].map(([provider, { length }]) => {
		const variable = PROVIDER_KEY_VARIABLES[provider];
		return `${length} of ${provider}${variable === undefined ? '' : ` (${variable})`}`;
	});
	const byModel = Map.groupBy(
		exclusions.filter((exclusion) => !isUncallable(exclusion)),
		({ model }) => model,
	);
	const others = [...byModel].map(([model, of]) => `${model} (${of.map(({ reason }) => reason).join(', ')})`);
	return [
		// not cut short: each variable is one that helps
		...(uncallable.length === 0 ? [] : [`Not callable: ${uncallable.join(', ')}`]),
		...(others.length === 0 ? [] : [truncateText(`Excluded: ${others.join(', ')}`, getColumns())]),
	];
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
		standsFor: decision.model.standsFor ?? [],
		modelId: decision.model.modelId,
		provider: decision.model.provider,
		confidence: decision.confidence,
		estimatedCost: decision.estimatedCost,
		estimatedCostRange: { low, high },
		estimatedLatencyMs: decision.estimatedLatencyMs,
		estimatedFirstTokenMs: decision.estimatedFirstTokenMs ?? null,
		estimatedCompletionMs: decision.estimatedCompletionMs ?? null,
		predictedQuality: decision.predictedQuality,
		alternatives: decision.alternatives.map(({ model, score, reason }) => ({ model: model.name, score, reason })),
		fallbackChain: decision.fallbackChain,
		reasoning: decision.reasoning,
		exclusions: decision.exclusions,
		scores: decision.scores.map(({ model, weightedScore: _, ...score }) => ({ ...score, model: model.name })),
		policy: decision.policy,
		propensity: decision.propensity,
		propensityKind: decision.propensityKind,
		workload: decision.descriptor.workload ?? null,
		cached: decision.cached,
		catalogVersion: decision.catalogVersion,
		timestamp: decision.timestamp.toISOString(),
		task: { type, complexity, pattern, priority, estimatedInputTokens, estimatedOutputTokens },
	};
}

/** A model by its name, behind the names in whose place it competes: `gpt-4 → gpt-6.1-sol`. */
function formatModel({ name, standsFor = [] }: ModelProfile): string {
	return standsFor.length === 0 ? name : `${standsFor.join(', ')} → ${name}`;
}

/** Beside the typical latency: when the answer begins, and when it is there. */
function formatTimes({ estimatedFirstTokenMs: first, estimatedCompletionMs: complete }: RoutingDecision): string {
	if (first === undefined || complete === undefined) return '';
	return ` typical; here first token ${Math.round(first)}ms, complete ${Math.round(complete)}ms`;
}

/** The decision as a person reads it, in the specification's layout. */
function formatDecision(
	task: string,
	decision: RoutingDecision,
	output: Output,
	summary: readonly string[] | null,
): string[] {
	const { alternatives, exclusions } = decision;
	const listed = alternatives.map(({ model, score, reason }, index) => {
		return `${index + 1}. ${formatModel(model)} (score: ${score.toFixed(1)}) - ${reason}`;
	});
	const excluded = exclusions.map(({ model, message }) => `- ${model}: ${message}`);
	const left = summary === null ? formatSection('Excluded:', excluded) : summary.length === 0 ? [] : ['', ...summary];
	return [
		`Task: "${toSingleLine(task)}"`,
		'',
		`Selected Model: ${output.style('bold', formatModel(decision.model))}`,
		`Confidence: ${decision.confidence.toFixed(1)}%`,
		'',
		'Reasoning:',
		...decision.reasoning.map((reason) => `- ${reason}`),
		'',
		`Estimated Cost: ${formatUsd(decision.estimatedCost, 4)}`,
		`Estimated Latency: ${Math.round(decision.estimatedLatencyMs)}ms${formatTimes(decision)}`,
		...formatSection('Alternatives:', listed),
		...left,
		'',
		`Fallback Chain: ${decision.fallbackChain.join(' → ')}`,
	];
}

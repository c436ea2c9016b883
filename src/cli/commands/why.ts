import type { Command } from 'commander';
import { type CandidateRecord, type DecisionTrail, nanoToUsd } from '../../contracts/index.ts';
import type { DecisiveChange, RoutingSystem, WhyNot } from '../../system/index.ts';
import { createUnknownDecisionError, findDecision } from '../find-decision.ts';
import { formatSection, formatUsd, type Output } from '../output.ts';
import { projectAction } from '../project-action.ts';
import { formatTable } from '../terminal-text.ts';

/** A decision and what came of it. @throws InvalidInputError for an id that is not known here */
export async function readDecision(system: RoutingSystem, given: string): Promise<DecisionTrail> {
	const id = await findDecision(system, given);
	const storage = await system.flush();
	const trail = await storage.records.trail(id);
	if (trail === null) throw createUnknownDecisionError(id);
	return trail;
}

const formatPoints = (points: number): string => points.toFixed(1);

function formatCandidate(candidate: CandidateRecord): string[] {
	const { estimatedCostNanoUsd, model, predictedQuality, scores, totalScore } = candidate;
	const { capabilityMatch, costEfficiency, historicalPerformance, latency, quality } = scores;
	const { value, low, high, outcomes = 0 } = predictedQuality;
	return [
		model,
		formatPoints(totalScore),
		...[capabilityMatch, costEfficiency, quality, latency, historicalPerformance].map((points) => points.toFixed(0)),
		`${value.toFixed(0)} (${Math.round(low)}-${Math.round(high)})`,
		outcomes.toFixed(0),
		formatUsd(estimatedCostNanoUsd === null ? null : nanoToUsd(estimatedCostNanoUsd), 4),
	];
}

/** The eligible models with their factors, as they were recorded. */
function formatCandidates(candidates: readonly CandidateRecord[] | undefined): string[] {
	if (candidates === undefined) return ['', 'The release that decided kept no candidates.'];
	const heads = ['model', '>total', '>cap', '>cost', '>qual', '>lat', '>hist', '>expected', '>n', '>price'];
	return ['', 'Candidates:', formatTable(heads, candidates.map(formatCandidate))];
}

function formatOutcome({ outcome }: DecisionTrail): string {
	if (outcome === null) return 'none yet';
	const cost = outcome.actualCostNanoUsd === null ? '' : `, ${formatUsd(nanoToUsd(outcome.actualCostNanoUsd), 4)}`;
	const quality = outcome.quality === null ? '' : `, quality ${formatPoints(outcome.quality)}`;
	return `${outcome.success ? 'success' : 'failure'} by ${outcome.answeredBy}${cost}${quality}`;
}

function formatTrail(trail: DecisionTrail, output: Output): string {
	const { decision } = trail;
	const { candidates, complexity, estimatedInputTokens, estimatedOutputTokens, exclusions = [], policy } = decision;
	const kind = decision.propensityKind === undefined ? '' : `, ${decision.propensityKind}`;
	return [
		`Decision ${decision.id} of ${new Date(decision.at).toISOString()}`,
		'',
		`Selected Model: ${output.style('bold', decision.model)} (confidence ${decision.confidence.toFixed(1)}%)`,
		`Task: ${decision.taskType}, ${complexity}, ${estimatedInputTokens} tokens in, ${estimatedOutputTokens} out expected`,
		`Policy: ${policy} ${decision.policyVersion} (propensity ${decision.propensity}${kind})`,
		`Outcome: ${formatOutcome(trail)}`,
		'',
		'Reasoning:',
		...decision.reasoning.map((sentence) => `- ${sentence}`),
		...formatCandidates(candidates),
		...formatSection(
			'Excluded:',
			exclusions.map(({ message, model }) => `- ${model}: ${message}`),
		),
	].join('\n');
}

/** `switchyard why <decision-id>` */
export function whyCommand(program: Command): void {
	program
		.command('why')
		.description('say why a decision chose its model, as it was recorded then')
		.argument('<decision-id>', 'the id that run or route --json printed; or how it begins')
		.addHelpText('after', '\nExample:\n  switchyard why 019b2c1e-7a40')
		.action(
			projectAction(async ({ system, output }, _flags, given: string) => {
				const trail = await readDecision(system, given);
				const { taskText: _, ...decision } = trail.decision;
				output.result({ ...decision, outcome: trail.outcome }, () => formatTrail(trail, output));
				output.hint('Next: "switchyard why-not" with the id and a model says what would have chosen that one.');
			}),
		);
}

const LIMITS: Readonly<Record<string, (value: number | string) => string>> = {
	maxCost: (value) => formatUsd(Number(value)),
};

function formatChange({ from, kind, to, what }: DecisiveChange): string {
	const format = LIMITS[what.replace('constraints.', '')] ?? String;
	if (kind === 'price') return `- ${what}: ${to}`;
	if (kind === 'limit') return `- ${what}: ${format(to)}${from === null ? '' : ` in the place of ${format(from)}`}`;
	return `- ${what}: ${to} in the place of ${from}`;
}

function formatWhyNot({ changes, chosen, exclusions, model, pointsBehind, rank }: WhyNot): string {
	if (model === chosen) return `${model} was chosen.`;
	const first =
		rank === null
			? exclusions.length === 0
				? `${model} did not compete.`
				: `${model} was excluded:`
			: `${model} was number ${rank}, ${formatPoints(pointsBehind ?? 0)} points behind ${chosen}.`;
	const [smallest, ...others] = changes.map(formatChange);
	return [
		first,
		...exclusions.map(({ message }) => `- ${message}`),
		...(smallest === undefined
			? ['', 'No change of a single weight, of its price, its quality or a limit would have chosen it.']
			: ['', 'It would have been chosen with (the smallest change first):', smallest, ...others]),
	].join('\n');
}

/** `switchyard why-not <decision-id> <model>` */
export function whyNotCommand(program: Command): void {
	program
		.command('why-not')
		.description('say why a decision did not choose a model, and the smallest change that would have')
		.argument('<decision-id>', 'the id that run or route --json printed; or how it begins')
		.argument('<model>', 'the model, by name or alias')
		.addHelpText(
			'after',
			'\nEach change is found by deciding the recorded task again; nothing is changed.\n\nExample:\n  switchyard why-not 019b2c1e-7a40 opus',
		)
		.action(
			projectAction(async ({ system, output }, _flags, given: string, model: string) => {
				const { decision } = await readDecision(system, given);
				const name = system.router.resolveModelName(model);
				const { findDecisiveChanges, replayDecision } = await import('../../system/index.ts');
				const why = await output.progress(
					'Deciding',
					async () => await findDecisiveChanges(await replayDecision(system, decision.id), name),
				);
				output.result(why, () => formatWhyNot(why));
			}),
		);
}

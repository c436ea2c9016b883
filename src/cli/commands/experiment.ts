import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import {
	type ArmResult,
	EXPERIMENT_QUESTIONS,
	EXPERIMENT_UNITS,
	type ExperimentComparison,
	type ExperimentDefinition,
	type ExperimentResult,
	type StoredExperiment,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { ExperimentInput, ExperimentStatus } from '../../system/index.ts';
import { isObject } from '../../util/index.ts';
import { type GlobalOptions, parseChoice } from '../options.ts';
import { formatUsd, type Output } from '../output.ts';
import { createCommandLineAuthor, projectAction } from '../project-action.ts';
import type { Session } from '../session.ts';
import { formatTable, quoteArgument } from '../terminal-text.ts';

interface CreateFlags extends GlobalOptions {
	file?: string;
	replace?: boolean;
	arm?: ExperimentInput['arms'];
	unit?: ExperimentDefinition['unit'];
	question?: ExperimentDefinition['question'];
	margin?: number;
	alpha?: number;
	maxUnits?: number;
	window?: number;
	costCap?: number;
	latencyCap?: number;
}

/** `small=model:haiku`, `small=policy:cheap`, or a name alone for what is configured; each adds to those before. */
function parseArm(text: string, before: ExperimentInput['arms'] = []): ExperimentInput['arms'] {
	const [, name = '', kind, value] = /^([^=]+)(?:=(model|policy):(.+))?$/.exec(text) ?? [];
	if (name === '')
		throw new InvalidArgumentError(
			`${quoteArgument(text)} is no arm. Write NAME, NAME=model:MODEL or NAME=policy:POLICY; shares and weights go into a file (--file).`,
		);
	return [...before, { name, ...(kind !== undefined && { [kind]: value }) }];
}

function parseNumber(text: string): number {
	const value = Number(text);
	if (text.trim() !== '' && Number.isFinite(value)) return value;
	throw new InvalidArgumentError(`${quoteArgument(text)} is not a number.`);
}

function readDefinition(path: string): object {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (cause) {
		throw new InvalidInputError(`The experiment ${path} cannot be read. Name a file with a JSON object.`, { cause });
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (cause) {
		throw new InvalidInputError(`The experiment ${path} is no JSON: ${(cause as Error).message}.`, { cause });
	}
	if (isObject(value)) return value;
	const what = Array.isArray(value) ? 'a list' : typeof value === 'string' ? 'a text' : String(value);
	throw new InvalidInputError(
		`The experiment ${path} must hold one JSON object, not ${what}: {"arms": [{"name": "now"}, {"name": "small", "model": "haiku"}]}`,
	);
}

/** What the flags say, over what the file says; what neither says has a default. */
function toInput(name: string | undefined, flags: CreateFlags): ExperimentInput {
	const {
		alpha,
		arm: arms,
		costCap: costCapUsd,
		file,
		latencyCap: latencyCapMs,
		margin,
		maxUnits,
		question,
		unit,
	} = flags;
	const given = {
		name,
		arms,
		unit,
		question,
		margin,
		alpha,
		maxUnits,
		windowMinutes: flags.window,
		costCapUsd,
		latencyCapMs,
	};
	const written = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
	// checked where it is created
	return { ...(file === undefined ? {} : readDefinition(file)), ...written } as unknown as ExperimentInput;
}

function describeArm({
	model,
	name,
	policy,
	promptAdaptation,
	share,
	weights,
}: ExperimentDefinition['arms'][number]): string {
	const policyName = typeof policy === 'object' ? policy.name : policy;
	const what = [
		model,
		policyName === undefined ? undefined : `policy ${policyName}`,
		weights && 'other weights',
		promptAdaptation === undefined ? undefined : `prompts ${promptAdaptation ? '' : 'not '}adapted`,
	].filter((part) => part !== undefined);
	return `${name} (${Number((100 * share).toFixed(1))}%): ${what.join(', ') || 'as configured'}`;
}

const QUESTIONS: Readonly<Record<ExperimentDefinition['question'], string>> = {
	cheaper: 'not worse in quality by more than the margin, and cheaper a request?',
	quality: 'better in quality?',
	cost: 'cheaper a request?',
	latency: 'faster a request?',
};

const UNITS: Readonly<Record<ExperimentComparison['metric'], (value: number) => string>> = {
	quality: (value) => `${value.toFixed(2)} points`,
	cost: (value) => `${value < 0 ? '-' : ''}${formatUsd(Math.abs(value), 6)}`,
	latency: (value) => `${Math.round(value)} ms`,
	errors: (value) => `${value.toFixed(2)} %`,
};

function formatComparison({ decides, estimate, high, low, metric }: ExperimentComparison): string[] {
	const format = UNITS[metric];
	const shown = estimate === null ? '–' : format(estimate);
	return [metric, shown, format(low), format(high), decides ? 'decides' : ''];
}

function formatArm({ arm, costUsd, errors, latencyMs, missing, quality, requests, units }: ArmResult): string[] {
	return [
		arm,
		String(units),
		String(requests),
		String(missing),
		quality === null ? '–' : quality.toFixed(1),
		// without a unit there is nothing that could have a price
		units === 0 ? '–' : formatUsd(costUsd, 6),
		latencyMs === null ? '–' : `${Math.round(latencyMs)} ms`,
		errors === null ? '–' : `${(100 * errors).toFixed(1)} %`,
	];
}

function formatResult({ arms, guardrail, problems, verdicts }: ExperimentResult, first: string): string[] {
	const head = ['Arm', 'Units', 'Requests', 'Not judged', 'Quality', 'Cost', 'Latency', 'Errors'];
	return [
		'',
		formatTable(head, arms.map(formatArm)),
		...verdicts.flatMap(({ arm, comparisons, outcome }) => [
			'',
			`${arm} less ${first}: ${outcome ?? 'no verdict'}`,
			formatTable(['What', 'Difference', 'At least', 'At most', ''], comparisons.map(formatComparison)),
		]),
		...problems.map(({ message }) => `\nNo verdict: ${message}`),
		...(guardrail === null ? [] : [`\nGuardrail: ${guardrail}.`]),
	];
}

const STATES: Readonly<Record<ExperimentStatus['state'], string>> = {
	draft: 'not started',
	running: 'running',
	ended: 'ended',
};

function formatStatus({ definition, end, result, state }: ExperimentStatus, output: Output): string {
	const { alpha, arms, costCapUsd, latencyCapMs, margin, maxDays, maxUnits, name, question, unit, windowMinutes } =
		definition;
	return [
		output.heading(`Experiment ${name}: ${STATES[state]}`),
		'',
		...(end === null ? [] : [`Ended (${end.reason}): ${end.message}`, '']),
		`Question: ${QUESTIONS[question]}`,
		`Margin ${margin}, alpha ${alpha}.`,
		`Counted: each ${unit} once, ${windowMinutes} min after its first request;`,
		`  at most ${maxUnits}, within ${maxDays} days.`,
		`Caps: ${formatUsd(costCapUsd, 4)} and ${latencyCapMs} ms a request.`,
		'Arms:',
		...arms.map((arm) => `- ${describeArm(arm)}`),
		...(result === null ? [] : formatResult(result, arms[0]?.name ?? '')),
		...(state === 'draft' ? ['', `Start it: switchyard experiment start ${name}`] : []),
	].join('\n');
}

async function create({ output, system }: Session, flags: CreateFlags, name: string | undefined): Promise<void> {
	const experiments = await system.experiments();
	const isReplacing = flags.replace === true;
	const made = await experiments.create(toInput(name, flags), createCommandLineAuthor(), { isReplacing });
	const status: ExperimentStatus = { ...made, state: 'draft', result: null };
	output.result(status, () => formatStatus(status, output));
}

const getState = ({ end, freeze }: StoredExperiment): ExperimentStatus['state'] =>
	freeze === null ? 'draft' : end === null ? 'running' : 'ended';

async function list({ output, system }: Session): Promise<void> {
	const all = await (await system.experiments()).list();
	output.result({ experiments: all.map((each) => ({ ...each, state: getState(each) })) }, () =>
		all.length === 0
			? 'There are no experiments. Make one: switchyard experiment create NAME --arm now --arm small=model:haiku'
			: formatTable(
					['Experiment', 'State', 'Arms', 'What came of it'],
					all.map((each) => [
						each.definition.name,
						STATES[getState(each)],
						each.definition.arms.map(({ name }) => name).join(', '),
						each.end?.message ?? '',
					]),
				),
	);
}

function act(verb: 'start' | 'status' | 'stop') {
	return projectAction(async ({ output, system }: Session, _flags: GlobalOptions, name: string) => {
		const experiments = await system.experiments();
		const status =
			verb === 'status' ? await experiments.status(name) : await experiments[verb](name, createCommandLineAuthor());
		output.result(status, () => formatStatus(status, output));
	});
}

/** `switchyard experiment create`, `start`, `status`, `stop` and `list` */
export function experimentCommand(program: Command): void {
	const command = program
		.command('experiment')
		.description('compare policies, weights or models on live traffic')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard experiment create small-first --arm now --arm small=model:haiku\n  switchyard experiment start small-first\n  switchyard experiment status small-first',
		)
		.action(projectAction(list));
	command
		.command('create [name]')
		.description('define an experiment; nothing happens until it is started')
		.option('--file <path>', 'a JSON object with all that an experiment may say; options win over it')
		.option('--replace', 'take the place of an experiment of this name that has not started')
		.option('--arm <arm>', 'NAME, NAME=model:MODEL or NAME=policy:POLICY; the first is compared with', parseArm)
		.option('--unit <unit>', `what stays in one arm: ${EXPERIMENT_UNITS.join(', ')}`, parseChoice(EXPERIMENT_UNITS))
		.option('--question <question>', `${EXPERIMENT_QUESTIONS.join(', ')}`, parseChoice(EXPERIMENT_QUESTIONS))
		.option('--margin <points>', 'what counts as no difference, in points; without it 2', parseNumber)
		.option('--alpha <chance>', 'chance of a false verdict; without it 0.05', parseNumber)
		.option('--max-units <count>', 'conversations or keys counted at most; without it 20000', parseNumber)
		.option('--window <minutes>', 'from the first request of a unit until it is counted; without it 60', parseNumber)
		.option('--cost-cap <usd>', 'a request that costs more counts as this; without it from what was seen', parseNumber)
		.option(
			'--latency-cap <ms>',
			'a request that takes longer counts as this; without it from what was seen',
			parseNumber,
		)
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard experiment create small-first --arm now --arm small=model:haiku\n  switchyard experiment create --file experiment.json',
		)
		.action(projectAction(create));
	const verbs = [
		['start', 'freeze an experiment and draw requests into its arms from now on'],
		['status', 'show what an experiment has found so far'],
		['stop', 'end an experiment as it stands'],
	] as const;
	for (const [verb, description] of verbs)
		command
			.command(`${verb} <name>`)
			.description(description)
			.addHelpText('after', `\nExample:\n  switchyard experiment ${verb} small-first`)
			.action(act(verb));
	command
		.command('list')
		.description('list experiments, the newest first')
		.addHelpText('after', '\nExample:\n  switchyard experiment list')
		.action(projectAction(list));
}

import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { MAX_USD, type RoutingDecision, TASK_TYPES, type TaskType } from '../../contracts/index.ts';
import { InvalidInputError, isRouterError, NoEligibleModelError } from '../../errors/index.ts';
import type { ProjectOptions } from '../../project.ts';
import type { RoutingSystem } from '../../system/index.ts';
import {
	checkText,
	formatPath,
	listCheck,
	numberCheck,
	objectCheck,
	optionalCheck,
	wordCheck,
} from '../../util/index.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type CaseResult, renderJunit } from '../junit.ts';
import type { GlobalOptions } from '../options.ts';
import { formatUsd, type Output, writeWholeFile } from '../output.ts';
import { quoteArgument } from '../terminal-text.ts';
import { openRace, toSingleLine } from './route.ts';

/** One ask with what must come of it. */
interface PolicyTest {
	ask: string;
	/** @default the ask */
	name?: string;
	/** A policy by name. @default the configured one */
	policy?: string;
	type?: TaskType;
	/** Any of these, by name or alias. */
	models?: string[];
	/** Highest expected cost, USD. */
	maxCost?: number;
	/** Providers that must never be chosen. */
	neverProviders?: string[];
}

interface TestResult extends CaseResult {
	model: string | null;
}

const names = optionalCheck(listCheck('names', checkText));
const checkTests = objectCheck({
	tests: listCheck(
		'tests',
		objectCheck({
			ask: checkText,
			name: optionalCheck(checkText),
			policy: optionalCheck(checkText),
			type: optionalCheck(wordCheck(TASK_TYPES)),
			models: names,
			maxCost: optionalCheck(numberCheck(0, MAX_USD)),
			neverProviders: names,
		}),
	),
});

const STARTER = {
	tests: [
		{
			name: 'design goes to the strongest',
			ask: 'Design a microservices architecture',
			type: 'architecture',
			models: ['opus', 'claude-opus-5-5'],
		},
		{ name: 'a comment costs next to nothing', ask: 'Write a quick documentation comment', maxCost: 0.01 },
		{ name: 'bugs stay with two providers', ask: 'Fix the login bug', type: 'debugging', neverProviders: ['google'] },
	],
};

/** The tests of a file. @throws InvalidInputError that says where it is wrong */
function readTests(path: string): PolicyTest[] {
	const starter = 'Write a starter with "switchyard test init".';
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (cause) {
		const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
		throw new InvalidInputError(`${path} cannot be read (${reason}). ${starter}`, { cause });
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (cause) {
		throw new InvalidInputError(`${path} is no JSON. ${starter}`, { cause });
	}
	const [issue] = checkTests(value, []);
	if (issue !== undefined)
		throw new InvalidInputError(`${path}: "${formatPath(issue.path)}" ${issue.message}. ${starter}`);
	const { tests } = value as { tests: PolicyTest[] }; // the check says so
	if (tests.length === 0) throw new InvalidInputError(`${path} has no tests. ${starter}`);
	return tests;
}

/** The names that a model is expected by: as written where the catalog does not know it, so that the report shows it. */
function isExpected(system: RoutingSystem, expected: readonly string[], { model }: RoutingDecision): boolean {
	return expected.some((name) => (system.router.getModel(name)?.name ?? name) === model.name);
}

function listFailures(system: RoutingSystem, test: PolicyTest, decision: RoutingDecision): string[] {
	const { maxCost, models, neverProviders = [], type } = test;
	const { descriptor, estimatedCost, model } = decision;
	const failures: string[] = [];
	if (models !== undefined && !isExpected(system, models, decision))
		failures.push(`Expected: ${models.join(' or ')}, Got: ${model.name}`);
	if (type !== undefined && descriptor.type !== type) failures.push(`Expected: ${type}, Got: ${descriptor.type}`);
	// an unknown cost keeps no ceiling
	if (maxCost !== undefined && !(estimatedCost <= maxCost))
		failures.push(`Expected: at most ${formatUsd(maxCost)}, Got: ${formatUsd(estimatedCost)}`);
	const isForbidden = neverProviders.some((provider) => provider.toLowerCase() === model.provider.toLowerCase());
	if (isForbidden) failures.push(`Expected: no model of ${model.provider}, Got: ${model.name}`);
	return failures;
}

async function runTest(system: RoutingSystem, test: PolicyTest): Promise<TestResult> {
	const startedAt = performance.now();
	const finish = (model: string | null, failures: string[]): TestResult => {
		return { name: test.name ?? toSingleLine(test.ask), model, failures, milliseconds: performance.now() - startedAt };
	};
	try {
		const decision = await system.routeTask(test.ask, { policy: test.policy });
		return finish(decision.model.name, listFailures(system, test, decision));
	} catch (error) {
		if (!isRouterError(error)) throw error;
		const expected = error instanceof NoEligibleModelError ? (test.models?.join(' or ') ?? 'a model') : 'a decision';
		return finish(null, [`Expected: ${expected}, Got: ${error.message}`]);
	}
}

function formatResults(results: readonly TestResult[], output: Output): string {
	const lines = results.flatMap(({ failures, model, name }) =>
		failures.length === 0
			? [`${output.style('green', 'ok')}      ${name}: ${model}`]
			: [`${output.style('red', 'failed')}  ${name}`, ...failures.map((failure) => `        ${failure}`)],
	);
	const failed = results.filter(({ failures }) => failures.length > 0).length;
	return [...lines, '', `${results.length - failed} of ${results.length} as expected.`].join('\n');
}

interface TestFlags extends GlobalOptions {
	all?: boolean;
	junit?: string;
}

const DEFAULT_FILE = 'policies.json';

/** `switchyard test [file]` and `switchyard test init [file]` */
export function testCommand(program: Command): void {
	const command = program
		.command('test')
		.description('check that asks go where they should: type, models, cost, providers')
		.argument('[file]', 'JSON with the tests', DEFAULT_FILE)
		.option('--junit <file>', 'write the results as JUnit XML, for CI')
		.option('--all', 'let models compete that cannot be called here')
		.addHelpText(
			'after',
			`
Nothing is called. Exit code 1 when a test fails.

Examples:
  switchyard test init
  switchyard test policies.json --junit results.xml`,
		)
		.action(async (file: string, _options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<TestFlags>();
			const tests = readTests(file);
			const { inSession } = await import('../session.ts');
			const open = (options: ProjectOptions) => openRace(options, flags.all === true);
			await inSession(flags, open, async ({ system, output }) => {
				const results: TestResult[] = [];
				for (const test of tests) results.push(await runTest(system, test));
				if (flags.junit !== undefined) await writeWholeFile(flags.junit, renderJunit(results, file));
				const failed = results.filter(({ failures }) => failures.length > 0).length;
				output.result({ file, tests: results.length, failed, results }, () => formatResults(results, output));
				if (failed > 0) process.exitCode = EXIT_CODES.error;
				else output.hint('Next: "switchyard route" with one of the asks says why it goes where it does.');
			});
		});
	command
		.command('init')
		.description('write a file of tests to begin with')
		.argument('[file]', 'where', DEFAULT_FILE)
		.addHelpText('after', '\nExample:\n  switchyard test init')
		.action(async (file: string, _options: unknown, self: Command) => {
			if (existsSync(file))
				throw new InvalidInputError(`${quoteArgument(file, 60)} is there already. Name another file, or remove it.`);
			await writeWholeFile(file, `${JSON.stringify(STARTER, null, 2)}\n`);
			const { createOutput } = await import('../session.ts');
			createOutput(self.optsWithGlobals<GlobalOptions>()).result(
				{ file, tests: STARTER.tests.length },
				() => `Wrote ${file} with ${STARTER.tests.length} tests. Run them with "switchyard test ${file}".`,
			);
		});
}

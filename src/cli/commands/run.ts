import type { Command } from 'commander';
import { processEnvironment, readProviderCredentials } from '../../config/index.ts';
import type { GenerateResult, Provider, RoutingDecision } from '../../contracts/index.ts';
import { createPromptCaching } from '../../index.ts';
import type { CacheMarker } from '../../protocol/index.ts';
import { createProviders, type ProviderCredentials } from '../../providers/index.ts';
import type { ExecuteOptions } from '../../system/index.ts';
import { startProviderSimulator } from '../../testing.ts';
import type { GlobalOptions } from '../options.ts';
import { formatUsd } from '../output.ts';
import { inProject, type Session } from '../session.ts';
import { addConstraintOptions, routeOptions, toDecisionJson, toSingleLine } from './route.ts';

/** `switchyard run <task>` */
export function registerRun(program: Command): void {
	const command = program
		.command('run')
		.description('route a task and execute it; without a provider key the built-in simulator answers')
		.argument('<task...>', 'the task, or - to read it from standard input')
		.option('--simulate', 'let the simulator answer though there is a key');
	addConstraintOptions(command)
		.addHelpText(
			'after',
			`
Examples:
  switchyard run "Write a haiku about routers"
  ANTHROPIC_API_KEY=… switchyard run "Explain this stack trace" --max-cost 0.05`,
		)
		.action(async (words: string[], _options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<GlobalOptions & { simulate?: boolean }>();
			const { readTaskArgument } = await import('../options.ts');
			await runTask(await readTaskArgument(words), flags, routeOptions(flags));
		});
}

const NANO_PER_USD = 1_000_000_000;

/** How the simulator is told apart from a provider. */
export const SIMULATOR_NOTE =
	'No provider key is set, so the built-in simulator answers: the text is made up, the costs are what the real model would charge. Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for real answers.';

/** Who answers the calls. */
export interface Calls {
	providers: ReadonlyMap<string, Provider>;
	isSimulated: boolean;
	close(): Promise<void>;
}

/** Real providers where there is a key; else the simulator, on loopback, for all of them. */
async function openProviders(
	credentials: ProviderCredentials,
	{ simulate, markCache }: { simulate: boolean; markCache?: CacheMarker },
): Promise<Calls> {
	const options = markCache === undefined ? {} : { anthropic: { markCache } };
	if (!simulate && Object.keys(credentials).length > 0) {
		return { providers: createProviders(credentials, options), isSimulated: false, close: async () => {} };
	}
	const simulator = await startProviderSimulator();
	const access = { apiKey: 'simulated', baseUrl: simulator.url };
	return {
		providers: createProviders(
			{ anthropic: access, openai: { ...access, baseUrl: `${simulator.url}/v1` }, google: access },
			options,
		),
		isSimulated: true,
		close: () => simulator.close(),
	};
}

/** A task routed and executed, with what it took. */
export interface TaskRun {
	decision: RoutingDecision;
	answer: GenerateResult;
	model: string;
	costUsd: number | null;
}

/** Routes and executes a task; the answer comes from the provider of whichever model the chain reaches. */
async function executeTask(
	session: Pick<Session, 'system' | 'signal'>,
	calls: Calls,
	{ task, options }: { task: string; options: ExecuteOptions },
): Promise<TaskRun> {
	const { system, signal } = session;
	const run: { decision?: RoutingDecision; model: string; costNanoUsd: number | null } = { model: '', costNanoUsd: 0 };
	const stop = system.onEvent((event) => {
		if (event.type === 'decision-made') run.decision = event.decision;
		if (event.type === 'outcome-recorded') {
			run.model = event.outcome.answeredBy;
			run.costNanoUsd = event.outcome.actualCostNanoUsd;
		}
	});
	try {
		const answer = await system.executeWithRouting(
			task,
			async (model, context) => {
				const profile = system.router.getModel(model);
				const provider = calls.providers.get(profile?.provider ?? '');
				if (profile === undefined || provider === undefined) {
					throw new Error(`No provider is configured for ${model}.`);
				}
				return await provider.generate({
					modelId: profile.modelId,
					messages: [{ role: 'user', content: context.adaptPrompt(task) }],
					maxOutputTokens: context.maxOutputTokens ?? profile.maxOutputTokens,
					signal: context.signal,
				});
			},
			{ ...options, signal },
		);
		if (run.decision === undefined) throw new Error('The task was executed without a decision.');
		const costUsd = run.costNanoUsd === null ? null : run.costNanoUsd / NANO_PER_USD;
		return { decision: run.decision, answer, model: run.model, costUsd };
	} finally {
		stop();
	}
}

/** `switchyard run`: routes and executes a task, prints the answer on stdout and what it took on stderr. */
async function runTask(
	task: string,
	flags: GlobalOptions & { simulate?: boolean },
	options: ExecuteOptions,
): Promise<void> {
	await inProject({ ...flags, onlyAvailable: flags.simulate !== true }, async (session) => {
		const { output, loaded } = session;
		const credentials = readProviderCredentials(loaded.config, processEnvironment());
		const { models, promptCaching } = loaded.config;
		const calls = await openProviders(credentials, {
			simulate: flags.simulate === true,
			...(promptCaching && { markCache: createPromptCaching({ models }) }),
		});
		try {
			if (calls.isSimulated) output.note(SIMULATOR_NOTE);
			const run = await output.progress('Waiting for the model', () => executeTask(session, calls, { task, options }));
			const { decision, answer, model, costUsd } = run;
			output.result(
				{
					...toDecisionJson(decision),
					answeredBy: model,
					simulated: calls.isSimulated,
					output: answer.text,
					finishReason: answer.finishReason,
					usage: answer.usage,
					cost: costUsd,
				},
				() => answer.text,
			);
			if (!output.isJson) {
				output.note(
					`\n${model} (${toSingleLine(decision.reasoning[0] ?? '')}) · ${formatUsd(costUsd, 6)} · decision ${decision.id}`,
				);
			}
		} finally {
			await calls.close();
		}
	});
}

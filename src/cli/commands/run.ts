import type { Command } from 'commander';
import { nanoToUsd, type RoutingDecision, type Usage } from '../../contracts/index.ts';
import type { CallableProject, ProjectOptions } from '../../project.ts';
import type { UpstreamTarget } from '../../providers/index.ts';
import type { NeutralAnswer } from '../../relay/index.ts';
import type { ExecutedTask, ExecuteOptions, TaskExecutor } from '../../system/index.ts';
import { type GlobalOptions, readTaskArgument } from '../options.ts';
import { formatUsd } from '../output.ts';
import type { Session } from '../session.ts';
import { addConstraintOptions, toConstraintOptions, toDecisionJson, toSingleLine } from './route.ts';

interface RunFlags extends GlobalOptions {
	simulate?: boolean;
}

/** `switchyard run <task>` */
export function runCommand(program: Command): void {
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
			const flags = self.optsWithGlobals<RunFlags>();
			await runTask(await readTaskArgument(words), flags, toConstraintOptions(flags));
		});
}

/** Routes and executes a task, prints the answer on stdout and what it took on stderr. */
async function runTask(task: string, flags: RunFlags, options: ExecuteOptions): Promise<void> {
	const { inSession } = await import('../session.ts');
	const { loadProject, openCallableProject, resolveAccesses } = await import('../../project.ts');
	const { prepareSimulatedProviders, SIMULATOR_NOTE } = await import('../simulated-deployments.ts');
	let closeSimulator = async () => {};
	const open = async (projectOptions: ProjectOptions): Promise<CallableProject & { isSimulated: boolean }> => {
		const loaded = loadProject(projectOptions);
		const accesses = resolveAccesses(loaded, projectOptions);
		if (flags.simulate !== true && accesses.length > 0)
			return { ...openCallableProject(loaded, accesses, projectOptions), isSimulated: false };
		const simulated = prepareSimulatedProviders();
		closeSimulator = simulated.close;
		return { ...openCallableProject(loaded, await simulated.accesses(), projectOptions), isSimulated: true };
	};
	try {
		await inSession(flags, open, async ({ isSimulated, output, ...session }) => {
			if (isSimulated) output.note(SIMULATOR_NOTE);
			const run = await output.progress('Waiting for the model', () => executeTask(session, task, options));
			const { answer, costUsd, decision, model, replaced } = run;
			const { text, finishReason, usage } = answer;
			const outcome = {
				answeredBy: model,
				simulated: isSimulated,
				output: text,
				finishReason,
				usage,
				cost: costUsd,
				replaced,
			};
			if (output.isJson) return output.json({ ...toDecisionJson(decision), ...outcome });
			output.printAnswer(text);
			if (replaced !== null) output.note(`\n${model} answers for ${replaced.model}: over the ${replaced.limit} budget`);
			const reason = toSingleLine(decision.reasoning[0] ?? '');
			output.note(`\n${model} (${reason}) · ${formatUsd(costUsd, 6)} · decision ${decision.id}`);
		});
	} finally {
		await closeSimulator();
	}
}

/** A model's whole answer. */
interface Answer {
	text: string;
	finishReason: string;
	usage: Usage;
}

/** Routes a task and calls the deployments of whichever models the chain reaches. */
async function executeTask(
	{ deployments, signal, system }: Pick<CallableProject & Session, 'deployments' | 'signal' | 'system'>,
	task: string,
	options: ExecuteOptions,
): Promise<
	{ decision: RoutingDecision; answer: Answer; costUsd: number | null } & Pick<
		ExecutedTask<Answer>,
		'model' | 'replaced'
	>
> {
	const { createUpstreamTarget, DeploymentTable } = await import('../../providers/index.ts');
	const { createUsageLimits } = await import('../../protocol/index.ts');
	const { SYSTEM_CLOCK } = await import('../../util/index.ts');
	const { generateNeutral, planAttemptOutput, UsageMeter } = await import('../../relay/index.ts');
	const { catalog } = system.router;
	const table = new DeploymentTable(deployments, catalog.profiles());
	const decision = await system.routeTask(task, options);
	const meter = new UsageMeter();
	const executor: TaskExecutor<Answer> = async (name, context) => {
		meter.reset();
		const profile = catalog.get(name);
		const { deployment, modelId } = table.resolve(profile, context.deployment ?? null);
		const target = createUpstreamTarget(deployment, modelId);
		const { maxOutputTokens = profile.maxOutputTokens } = context;
		const call = {
			target,
			answerFormat: deployment.getAnswerFormat?.(modelId) ?? null,
			expectedInputTokens: decision.descriptor.estimatedInputTokens,
			usageLimits: createUsageLimits(profile, { maxOutputTokens }),
			openModel: () =>
				deployment.languageModel(modelId, { ids: [profile.modelId, profile.id], family: profile.family }),
			options: {
				prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: context.adaptPrompt(task) }] }],
				maxOutputTokens,
			},
			signal: context.signal,
			output: planAttemptOutput({
				heldTokens: context.maxOutputTokens,
				limits: { maxOutputTokens, answerCount: 1 },
				isStream: false,
				profile,
				deployment,
				clock: SYSTEM_CLOCK,
				countTokens: system.countTextTokens,
			}).output,
			onHeaders() {},
		};
		return await toAnswer(await generateNeutral(call, meter), target);
	};
	const executed = await system.executeDecision(decision, executor, {
		...options,
		signal,
		hooks: {
			getDeployments: (model) => table.idsServing(model),
			getCredential: (_model, id) => table.getCredential(id),
			usageOf: ({ usage }) => usage,
			meterFailure: () => meter.take(),
		},
	});
	const { costNanoUsd, model, replaced, value } = executed;
	return { decision, answer: value, model, replaced, costUsd: costNanoUsd === null ? null : nanoToUsd(costNanoUsd) };
}

/** @throws ProviderCallError for an answer without text: a refusal is the provider's word, all else its failure */
async function toAnswer({ finishReason, result, usage }: NeutralAnswer, target: UpstreamTarget): Promise<Answer> {
	const { createInvalidAnswerError, createRefusalError } = await import('../../providers/index.ts');
	const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
	if (text === '' && finishReason === 'content-filter') throw createRefusalError(target);
	if (text === '') throw createInvalidAnswerError(target, 'answered without any text');
	return { text, finishReason: finishReason ?? 'other', usage };
}

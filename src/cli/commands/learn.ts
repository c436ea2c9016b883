import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { PolicyConfig, RoutingWeights } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { WeightProposal } from '../../system/index.ts';
import type { GlobalOptions } from '../options.ts';
import { formatUsd, writeWholeFile } from '../output.ts';
import { projectAction } from '../project-action.ts';
import type { Session } from '../session.ts';

/** Weights that were put into force once. */
interface AppliedWeights {
	version: number;
	weights: RoutingWeights;
	gain: { value: number; low: number; high: number };
	/** ISO time. */
	appliedAt: string;
	/** What was in force before; `null`: nothing was configured. */
	replaced: PolicyConfig | null;
}

/** Beside the config file: what was in force, and what each version took the place of. */
const HISTORY_FILE = 'learned-policies.json';

function readApplied(path: string): AppliedWeights[] {
	if (!existsSync(path)) return [];
	try {
		return JSON.parse(readFileSync(path, 'utf8')) as AppliedWeights[];
	} catch (cause) {
		throw new InvalidInputError(`${path} is no JSON. Restore or remove it: it holds the versions of learned weights.`, {
			cause,
		});
	}
}

async function propose({ output, system }: Session): Promise<WeightProposal> {
	const { proposeWeights } = await import('../../system/index.ts');
	const storage = await system.flush();
	return await output.progress('Fitting', () => proposeWeights(storage, system.router.catalog.profiles()));
}

const formatPoints = (points: number): string => `${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(2)}`;

function formatProposal({ coverage, decisions, heldOut, isBetter, judged, weights }: WeightProposal): string {
	if (weights === null || heldOut === null)
		return `Nothing to propose: ${judged} of ${decisions} stored decisions were judged, 100 are needed ("switchyard feedback").`;
	const { costNow, costThen, gain } = heldOut;
	return [
		`Fitted to half of ${decisions} decisions, ${judged} of them judged.`,
		'',
		'Weights:',
		...Object.entries(weights).map(([name, weight]) => `- ${name}: ${weight}`),
		'',
		`On the ${heldOut.decisions} decisions held out:`,
		`- Quality: ${formatPoints(gain.value)} points (95 %: ${formatPoints(gain.low)} to ${formatPoints(gain.high)})`,
		`- Cost: ${formatUsd(costNow, 2)} per 1,000 requests, ${formatUsd(costThen, 2)} with what was chosen`,
		`- Judged there: the models of ${coverage.toFixed(0)} % of these choices, on such tasks`,
		'',
		isBetter
			? 'Better than now. "switchyard learn apply" puts it into force, "switchyard learn revert" takes it back.'
			: 'Not shown to be better than now: nothing to apply.',
	].join('\n');
}

async function apply(session: Session, flags: GlobalOptions & { force?: boolean }): Promise<void> {
	const { loaded, output } = session;
	const proposal = await propose(session);
	const { heldOut, isBetter, weights } = proposal;
	if (weights === null || heldOut === null) throw new InvalidInputError(formatProposal(proposal));
	if (!isBetter && flags.force !== true)
		throw new InvalidInputError(
			`The proposal is not shown to be better than now (${formatPoints(heldOut.gain.low)} to ${formatPoints(heldOut.gain.high)} points). "switchyard learn" shows it; --force applies it all the same.`,
		);
	const { editConfig, toProjectOptions } = await import('../session.ts');
	const { locateProjectConfig } = await import('../../project.ts');
	const path = join(dirname(locateProjectConfig(toProjectOptions(flags))), HISTORY_FILE);
	const applied = readApplied(path);
	const version = Math.max(0, ...applied.map((each) => each.version)) + 1;
	const replaced = loaded.config.policy ?? null;
	const entry: AppliedWeights = { version, weights, gain: heldOut.gain, appliedAt: new Date().toISOString(), replaced };
	await editConfig(flags, (config) => ({ ...config, policy: { name: 'learned', version, weights } }));
	await writeWholeFile(path, `${JSON.stringify([...applied, entry], null, 2)}\n`);
	output.result(
		entry,
		() => `In force: learned weights, version ${version}. "switchyard learn revert" takes them back.`,
	);
}

async function revert({ loaded, output }: Session, flags: GlobalOptions): Promise<void> {
	const { policy } = loaded.config;
	if (policy?.name !== 'learned')
		throw new InvalidInputError(`No learned weights are in force: the policy is ${policy?.name ?? 'weighted'}.`);
	const { editConfig, toProjectOptions } = await import('../session.ts');
	const { locateProjectConfig } = await import('../../project.ts');
	const path = join(dirname(locateProjectConfig(toProjectOptions(flags))), HISTORY_FILE);
	const replaced = readApplied(path).find(({ version }) => version === policy.version)?.replaced ?? null;
	await editConfig(flags, ({ policy: _, ...config }) => (replaced === null ? config : { ...config, policy: replaced }));
	const name = replaced === null ? 'weighted' : replaced.name;
	output.result({ reverted: policy.version, policy: replaced ?? { name } }, () => {
		return `Version ${policy.version} is no longer in force. The policy is ${name} again.`;
	});
}

/** `switchyard learn`, `switchyard learn apply` and `switchyard learn revert` */
export function learnCommand(program: Command): void {
	const command = program
		.command('learn')
		.description('propose weights fitted to what was judged, with their gain on decisions held out')
		.addHelpText(
			'after',
			'\nNothing changes until "learn apply".\n\nExamples:\n  switchyard learn\n  switchyard learn apply\n  switchyard learn revert',
		)
		.action(
			projectAction(async (session: Session) => {
				const proposal = await propose(session);
				session.output.result(proposal, () => formatProposal(proposal));
			}),
		);
	command
		.command('apply')
		.description('put the proposal into force, as a version of its own')
		.option('--force', 'also where it is not shown to be better')
		.addHelpText('after', '\nExample:\n  switchyard learn apply')
		.action(projectAction(apply));
	command
		.command('revert')
		.description('take the learned weights back: what was in force before is again')
		.addHelpText('after', '\nExample:\n  switchyard learn revert')
		.action(projectAction(revert));
}

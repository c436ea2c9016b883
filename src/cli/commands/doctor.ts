import type { Command } from 'commander';
import { processEnvironment, resolveDeployments } from '../../config/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import { openProject, type Project } from '../../project.ts';
import { checkDeployment, createDeployments, type Deployment, type DeploymentCheck } from '../../providers/index.ts';
import { type GlobalOptions, parseAmount } from '../options.ts';
import type { Output } from '../output.ts';

interface DoctorFlags extends GlobalOptions {
	offline?: boolean;
	timeout: number;
}

/** `switchyard doctor` */
export function registerDoctor(program: Command): void {
	program
		.command('doctor')
		.description('check configuration, database, keys and every deployment, and say what to do')
		.option('--offline', 'call nothing')
		.option('--timeout <seconds>', 'seconds each deployment may take (default: 20)', parseAmount, 20)
		.addHelpText(
			'after',
			'\nEach deployment gets one call with the shortest answer its cheapest model gives; it is in the ledger like any other.\nExit code 1 when something is broken.',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<DoctorFlags>();
			const { createOutput } = await import('../session.ts');
			const output = createOutput(flags);
			const findings = await output.progress('Checking', () =>
				diagnose(flags, { isOffline: flags.offline === true, timeoutMs: flags.timeout * 1000 }),
			);
			const isSound = findings.every(({ status }) => status !== 'broken');
			output.result({ ok: isSound, checks: findings }, () => formatFindings(findings, output));
			if (!isSound) process.exitCode = 1;
		});
}

/** What one check found. */
export interface Finding extends Pick<DeploymentCheck, 'status' | 'message' | 'fix'> {
	/** What was checked: `configuration`, `database`, or a deployment's id. */
	name: string;
}

interface DiagnoseOptions {
	isOffline: boolean;
	timeoutMs: number;
}

const NO_KEY: Finding = {
	name: 'deployments',
	status: 'broken',
	message: 'no provider can be called: no key is set',
	fix: 'Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add a server of your own under "deployments" in the config file.',
};

function openProjectOrFindings(options: GlobalOptions): Project | Finding[] {
	const warnings: string[] = [];
	try {
		return openProject({
			...(options.project === undefined ? {} : { projectDirectory: options.project }),
			isGlobal: options.global === true,
			onWarning: (message) => warnings.push(message),
		});
	} catch (error) {
		if (!(error instanceof InvalidConfigError)) throw error;
		return error.issues.map(({ path, message }) => ({
			name: 'configuration',
			status: 'broken',
			message: `${path} ${message}`,
		}));
	}
}

function checkConfiguration({ loaded }: Project): Finding[] {
	const { filePath, paths, warnings } = loaded;
	const message = filePath ?? `defaults; there is no ${paths.configFile} yet`;
	// A key that is not set is told with its deployment.
	const odd = warnings.filter(({ path }) => !/^(providers|deployments)\b/.test(path));
	return [
		{ name: 'configuration', status: 'ok', message },
		...odd.map(
			(issue): Finding => ({
				name: 'configuration',
				status: 'warning',
				message: `${issue.path} ${issue.message}`,
			}),
		),
	];
}

async function checkDatabase({ system }: Project): Promise<Finding> {
	const { kind, location, degraded } = await system.storageStatus();
	if (degraded === null) return { name: 'database', status: 'ok', message: `${kind}, ${location}` };
	const fix = 'Make the folder writable, or choose another file with storage.path or ROUTING_DATABASE.';
	return { name: 'database', status: 'broken', message: degraded, fix };
}

/** A check costs next to nothing, and next to nothing is not nothing. */
function recordCheckCost({ system, loaded }: Project, { model, tokens }: DeploymentCheck): void {
	const profile = loaded.config.models.find(({ name }) => name === model);
	if (profile === undefined || tokens === undefined) return;
	const perToken = { input: profile.costPer1kInputTokens / 1000, output: profile.costPer1kOutputTokens / 1000 };
	const costUsd = tokens.input * perToken.input + tokens.output * perToken.output;
	if (Number.isFinite(costUsd)) system.costOptimizer.trackUsage(profile.name, 'simple-task', tokens, costUsd);
}

async function checkDeployments(project: Project, { isOffline, timeoutMs }: DiagnoseOptions): Promise<Finding[]> {
	const { config } = project.loaded;
	const { deployments: accesses, missing } = resolveDeployments(config, processEnvironment());
	const { allowedPrivateHosts } = config.gateway;
	const deployments = createDeployments(accesses, { allowedPrivateHosts });
	const checks = accesses.map(async (access, index): Promise<Finding> => {
		const deployment: Deployment | undefined = deployments[index];
		if (deployment === undefined || isOffline)
			return { name: access.id, status: 'skipped', message: `${access.credential} is there; nothing was called` };
		const check = await checkDeployment(deployment, access, { models: config.models, timeoutMs });
		recordCheckCost(project, check);
		const { status, message, fix } = check;
		return { name: access.id, status, message, ...(fix !== undefined && { fix }) };
	});
	const absent = missing.map(({ id, path, variables, isConfigured }): Finding => {
		const names = variables.join(' or ');
		if (!isConfigured) return { name: id, status: 'skipped', message: `not used: ${names} is not set` };
		const fix = `Set ${names} in the environment, or name another variable in ${path}.`;
		return { name: id, status: 'broken', message: `${names} is not set`, fix };
	});
	return [...(await Promise.all(checks)), ...absent, ...(accesses.length === 0 ? [NO_KEY] : [])];
}

/** Checks everything that must be right before models can be called. */
async function diagnose(options: GlobalOptions, how: DiagnoseOptions): Promise<Finding[]> {
	const project = openProjectOrFindings(options);
	if (Array.isArray(project)) return project;
	try {
		const database = await checkDatabase(project);
		return [...checkConfiguration(project), database, ...(await checkDeployments(project, how))];
	} finally {
		await project.system.close();
	}
}

const MARKS: Readonly<Record<Finding['status'], readonly [word: string, color: 'green' | 'yellow' | 'red' | 'dim']>> = {
	ok: ['ok', 'green'],
	warning: ['warning', 'yellow'],
	broken: ['broken', 'red'],
	skipped: ['skipped', 'dim'],
};

function formatConclusion(findings: readonly Finding[]): string {
	const broken = findings.filter(({ status }) => status === 'broken').length;
	if (broken > 0) return `${broken === 1 ? 'One thing is' : `${broken} things are`} broken.`;
	return 'Nothing is broken.';
}

/** What was found, one line each, and under it what to do. */
function formatFindings(findings: readonly Finding[], output: Output): string {
	const width = Math.max(...findings.map(({ name }) => name.length));
	const lines = findings.flatMap(({ name, status, message, fix }) => {
		const [word, color] = MARKS[status];
		const line = `${name.padEnd(width)}  ${output.style(color, word.padEnd(7))}  ${message}`;
		return fix === undefined ? [line] : [line, `${' '.repeat(width)}           ${fix}`];
	});
	return [...lines, '', formatConclusion(findings)].join('\n');
}

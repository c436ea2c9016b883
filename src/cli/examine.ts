import { processEnvironment, readDeploymentCredentials } from '../config/index.ts';
import {
	checkDeployment,
	createDeployments,
	type Deployment,
	type DeploymentCheck,
	InvalidConfigError,
	openProject,
	type Project,
} from '../index.ts';
import type { GlobalOptions } from './options.ts';

/** What one check found. */
export interface Finding extends Pick<DeploymentCheck, 'status' | 'message' | 'fix'> {
	/** What was checked: `configuration`, `database`, or a deployment's id. */
	name: string;
}

interface ExamineOptions {
	isOffline: boolean;
	timeoutMs: number;
}

const NO_KEY: Finding = {
	name: 'deployments',
	status: 'broken',
	message: 'no provider can be called: no key is set',
	fix: 'Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add a server of your own under "deployments" in the config file.',
};

function openOrExplain(options: GlobalOptions): Project | Finding[] {
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

function configurationFindings({ loaded }: Project): Finding[] {
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

async function databaseFinding({ system }: Project): Promise<Finding> {
	const { kind, location, degraded } = await system.storageStatus();
	if (degraded === null) return { name: 'database', status: 'ok', message: `${kind}, ${location}` };
	const fix = 'Make the folder writable, or choose another file with storage.path or ROUTING_DATABASE.';
	return { name: 'database', status: 'broken', message: degraded, fix };
}

/** A check costs next to nothing, and next to nothing is not nothing. */
function book({ system, loaded }: Project, { model, tokens }: DeploymentCheck): void {
	const profile = loaded.config.models.find(({ name }) => name === model);
	if (profile === undefined || tokens === undefined) return;
	const perToken = { input: profile.costPer1kInputTokens / 1000, output: profile.costPer1kOutputTokens / 1000 };
	const costUsd = tokens.input * perToken.input + tokens.output * perToken.output;
	if (Number.isFinite(costUsd)) system.costOptimizer.trackUsage(profile.name, 'simple-task', tokens, costUsd);
}

async function deploymentFindings(project: Project, { isOffline, timeoutMs }: ExamineOptions): Promise<Finding[]> {
	const { config } = project.loaded;
	const { deployments: accesses, missing } = readDeploymentCredentials(config, processEnvironment());
	const { allowedPrivateHosts } = config.gateway;
	const deployments = createDeployments(accesses, { allowedPrivateHosts });
	const checks = accesses.map(async (access, index): Promise<Finding> => {
		const deployment: Deployment | undefined = deployments[index];
		if (deployment === undefined || isOffline)
			return { name: access.id, status: 'skipped', message: `${access.credential} is there; nothing was called` };
		const check = await checkDeployment(deployment, access, { models: config.models, timeoutMs });
		book(project, check);
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
export async function examine(options: GlobalOptions, how: ExamineOptions): Promise<Finding[]> {
	const project = openOrExplain(options);
	if (Array.isArray(project)) return project;
	try {
		const database = await databaseFinding(project);
		return [...configurationFindings(project), database, ...(await deploymentFindings(project, how))];
	} finally {
		await project.system.close();
	}
}

import type { Command } from 'commander';
import type { ConfigIssue } from '../../errors/index.ts';
import type { Project } from '../../project.ts';
import type { DeploymentCheck } from '../../providers/index.ts';
import { DAY_MS } from '../../util/index.ts';
import type { Finding } from '../doctor/index.ts';
import { type GlobalOptions, parseAmount } from '../options.ts';

interface DoctorFlags extends GlobalOptions {
	offline?: boolean;
	fix?: boolean;
	timeout: number;
}

/** `switchyard doctor` */
export function doctorCommand(program: Command): void {
	program
		.command('doctor')
		.description('check configuration, database, keys and every deployment, and say what to do')
		.option('--offline', 'call nothing')
		.option('--timeout <seconds>', 'seconds each deployment may take', parseAmount, 20)
		.option('--fix', 'mend what can be mended on this machine, and say what was written')
		.addHelpText(
			'after',
			'\nEach deployment gets one call with the shortest answer its cheapest\nmodel gives; it is in the ledger like any other.\nExit code 1 when something is broken.',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<DoctorFlags>();
			const { createOutput } = await import('../session.ts');
			const { formatFindings, repairFindings } = await import('../doctor/index.ts');
			const output = createOutput(flags);
			const found = await output.progress('Checking', () => diagnose(flags));
			const findings = flags.fix === true ? await repairFindings(found) : found;
			const isSound = findings.every(({ status }) => status !== 'broken');
			output.result({ ok: isSound, checks: findings }, () => formatFindings(findings, output));
			if (!isSound) process.exitCode = 1;
		});
}

const NO_KEY: Finding = {
	name: 'deployments',
	status: 'skipped',
	message: 'no provider key is set: the built-in simulator answers "run" and the gateway',
	fix: 'Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add a server of your own under "deployments" in the config file.',
};

/** Checks everything that must be right before models can be called. */
async function diagnose(flags: DoctorFlags): Promise<Finding[]> {
	const project = await openProjectOrFindings(flags);
	if (Array.isArray(project)) return project;
	try {
		const database = await checkDatabase(project);
		const deployments = await checkDeployments(project, flags);
		const { checkConfigFile, checkFileModes, checkIgnoredFolders } = await import('../doctor/index.ts');
		const { loaded } = project;
		const files = [...checkIgnoredFolders(loaded), ...checkFileModes(loaded)];
		const known = [...(await checkPrices(project)), ...(await checkRefusals(project))];
		return [checkConfigFile(loaded), ...checkWarnings(project), database, ...files, ...known, ...deployments];
	} finally {
		await project.system.close();
	}
}

async function openProjectOrFindings(flags: GlobalOptions): Promise<Project | Finding[]> {
	const { InvalidConfigError } = await import('../../errors/index.ts');
	const { openProject } = await import('../../project.ts');
	const { toProjectOptions } = await import('../session.ts');
	try {
		// Warnings are findings, which are read off the configuration below.
		return openProject(toProjectOptions(flags, () => {}));
	} catch (error) {
		if (!(error instanceof InvalidConfigError)) throw error;
		return error.issues.map((issue) => toConfigurationFinding('broken', issue));
	}
}

function toConfigurationFinding(status: Finding['status'], { path, message }: ConfigIssue): Finding {
	return { name: 'configuration', status, message: `${path} ${message}` };
}

function checkWarnings({ loaded: { warnings } }: Project): Finding[] {
	// A key that is not set is reported with its deployment.
	const others = warnings.filter(({ path }) => !/^(providers|deployments)\b/.test(path));
	return others.map((issue) => toConfigurationFinding('warning', issue));
}

async function checkDatabase({ system }: Project): Promise<Finding> {
	const note = await system.checkStorage('pages');
	const { kind, location, degraded, failing } = await system.storageStatus();
	if (failing === null) {
		const found = { name: 'database', message: `${kind}, ${location}` };
		return note === null ? { ...found, status: 'ok' } : { ...found, status: 'warning', fix: note };
	}
	const found: Finding = { name: 'database', status: 'broken', message: degraded ?? failing.message };
	// of the other problems the message says what to do
	if (failing.problem !== 'read-only' && failing.problem !== 'unavailable') return found;
	const fix = 'Make the folder writable, or choose another file with storage.path or ROUTING_DATABASE.';
	return { ...found, fix };
}

/** Days after which a price may be out of date: providers change theirs a few times a year. */
const MAX_PRICE_AGE_DAYS = 90;
/** Models that a warning names. */
const MAX_NAMED_MODELS = 5;

/** Prices of the models that compete, as old as the day on which somebody last read them. */
async function checkPrices({ system }: Project): Promise<Finding[]> {
	const { resolvePricing, resolvePriceSheet } = await import('../../catalog/index.ts');
	const now = Date.now();
	const old = system.router.competing.flatMap((profile) => {
		const { name } = profile;
		const pricing = resolvePricing(profile);
		const readOn = pricing === null ? '' : resolvePriceSheet(pricing, now).asOf;
		// a price without a day is the user's own
		return readOn !== '' && now - Date.parse(readOn) > MAX_PRICE_AGE_DAYS * DAY_MS ? [{ name, readOn }] : [];
	});
	if (old.length === 0) return [];
	const named = old.slice(0, MAX_NAMED_MODELS).map(({ name, readOn }) => `${name} (${readOn})`);
	const more = old.length > named.length ? ` and ${old.length - named.length} more` : '';
	return [
		{
			name: 'prices',
			status: 'warning',
			message: `read more than ${MAX_PRICE_AGE_DAYS} days ago: ${named.join(', ')}${more}`,
			fix: "Update the package, or compare with the providers' pages and run `switchyard prices update --from FILE`.",
		},
	];
}

/** Days of attempts that are looked through for refused parameters, and how many at most. */
const REFUSAL_DAYS = 7;
const MAX_READ_ATTEMPTS = 10_000;

/** Parameters that models have refused lately, and that their requests go without. */
async function checkRefusals({ system }: Project): Promise<Finding[]> {
	const { readRefusals } = await import('../../model-rules/index.ts');
	const now = Date.now();
	const storage = await system.storage();
	const attempts = await storage.records.attempts({ from: now - REFUSAL_DAYS * DAY_MS, to: now }, MAX_READ_ATTEMPTS);
	const refused = new Map<string, Set<string>>();
	for (const { deployment, message, model } of attempts) {
		const names = readRefusals(message ?? '');
		if (names.length === 0) continue;
		const key = deployment === null ? model : `${model} at ${deployment}`;
		refused.set(key, new Set([...(refused.get(key) ?? []), ...names]));
	}
	if (refused.size === 0) return [];
	const shown = [...refused].slice(0, MAX_NAMED_MODELS).map(([model, names]) => `${model}: ${[...names].join(', ')}`);
	return [
		{
			name: 'parameters',
			status: 'warning',
			message: `refused by models in the last ${REFUSAL_DAYS} days, and left out of their requests: ${shown.join('; ')}`,
			fix: 'Leave them out where these models answer: each restart of the gateway asks once more. Report it where a newer version of this package does not know the rule.',
		},
	];
}

async function checkDeployments(project: Project, { offline, timeout }: DoctorFlags): Promise<Finding[]> {
	const { processEnvironment, resolveDeployments } = await import('../../config/index.ts');
	const { checkDeployment, createDeployments, readProxySettings } = await import('../../providers/index.ts');
	const { gateway, models } = project.loaded.config;
	const { allowedPrivateHosts } = gateway;
	const { isOwnAddress } = await import('../../gateway/index.ts');
	const { checkClientVariables, describeHiddenPlan, describePlan, findClientSettings, readPlanWindows } = await import(
		'../doctor/index.ts'
	);
	const environment = processEnvironment();
	const isOwn = (address: string) => isOwnAddress(address, gateway);
	const { deployments: accesses, missing } = resolveDeployments(project.loaded.config, environment);
	const policy = { allowedPrivateHosts, proxy: readProxySettings(environment) };
	const unfit = accesses.map((access) => findClientSettings(access, isOwn));
	const callable = accesses.filter((_, index) => unfit[index] === null);
	const created = createDeployments(callable, policy);
	const asksGateway = offline !== true && created.some(({ isCallersLogin }) => isCallersLogin === true);
	const plans = asksGateway ? await readPlanWindows(gateway) : new Map<string, never>();
	const checks = created.map(async (deployment): Promise<Finding> => {
		const { credential, id: name } = deployment;
		if (deployment.isCallersLogin === true) {
			if (typeof plans === 'string') return describeHiddenPlan(name, plans);
			const plan = plans.get(name);
			if (plan !== undefined) return describePlan(name, plan);
		}
		if (offline === true) return { name, status: 'skipped', message: `${credential} is there; nothing was called` };
		const check = await checkDeployment(deployment, { models, timeoutMs: timeout * 1000 });
		recordCheckCost(project, check);
		const { status, message, fix } = check;
		return { name, status, message, fix };
	});
	const absent = missing.map(({ id, path, variables, isConfigured }): Finding => {
		const names = variables.join(' or ');
		if (!isConfigured) return { name: id, status: 'skipped', message: `not used: ${names} is not set` };
		const fix = `Set ${names} in the environment, or name another variable in ${path}.`;
		return { name: id, status: 'broken', message: `${names} is not set`, fix };
	});
	return [
		...(await Promise.all(checks)),
		...unfit.filter((finding) => finding !== null),
		...absent,
		...checkClientVariables({ environment, accesses, isOwnAddress: isOwn }),
		...(accesses.length === 0 ? [NO_KEY] : []),
	];
}

/** A check costs next to nothing, but not nothing. */
function recordCheckCost({ system, loaded }: Project, { model, tokens }: DeploymentCheck): void {
	const profile = loaded.config.models.find(({ name }) => name === model);
	if (profile === undefined || tokens === undefined) return;
	const perToken = { input: profile.costPer1kInputTokens / 1000, output: profile.costPer1kOutputTokens / 1000 };
	const costUsd = tokens.input * perToken.input + tokens.output * perToken.output;
	if (Number.isFinite(costUsd)) system.costOptimizer.trackUsage(profile.name, 'simple-task', tokens, costUsd);
}

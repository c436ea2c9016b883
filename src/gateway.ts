/** @module The gateway for Node: a project's configuration, its deployments and its system behind HTTP. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { processEnvironment, readDeploymentCredentials } from './config/index.ts';
import type { DeploymentAccess, Logger, ModelProfile } from './contracts/index.ts';
import { isRouterError } from './errors/index.ts';
import { type RunningGateway, type Runtime, serveGateway, type UpstreamLimits, watchFile } from './gateway/index.ts';
import { openProject, type ProjectOptions } from './index.ts';
import { createDeployments, createGuardedLookup, type Deployment, LimitWatch } from './providers/index.ts';
import { Upstream } from './providers/upstream/index.ts';
import { MACHINE_CLOCK } from './util/index.ts';

export { Gateway, type RunningGateway, serveGateway } from './gateway/index.ts';

/** How a project's gateway is opened. */
export interface OpenGatewayOptions extends Omit<ProjectOptions, 'availableModels' | 'onlyAvailable'> {
	/** Takes the place of `gateway.host`. */
	host?: string;
	/** Takes the place of `gateway.port`; 0 is any free one. */
	port?: number;
	/** Answers in place of every provider, e.g. a simulator's; or only where no provider can be called. */
	standIn?: { accesses: readonly DeploymentAccess[]; when: 'always' | 'no-provider' };
	/** Take up changes of the config file while it runs. @default true */
	watchConfig?: boolean;
	/** Hears what happened: a configuration taken up, or refused. */
	onNotice?: (message: string) => void;
}

/** A project's gateway that listens. */
export interface OpenGateway extends RunningGateway {
	/** Nobody real answers: the stand-in does. */
	isStandIn: boolean;
	/** Takes up the configuration as it is now. False: it is refused, and the one in force goes on. */
	reload(): Promise<boolean>;
}

interface Opened {
	runtime: Runtime;
	isStandIn: boolean;
	filePath: string;
}

function servedBy(deployments: readonly Deployment[], models: readonly ModelProfile[]): string[] {
	const isServed = (profile: ModelProfile) => deployments.some((deployment) => deployment.modelIdOf(profile) !== null);
	return models.filter(isServed).map(({ name }) => name);
}

/** Reads the configuration and makes everything that requests are served with. @throws InvalidConfigError */
function openRuntime(options: OpenGatewayOptions): Opened {
	const environment = options.environment ?? processEnvironment();
	let deployments: Deployment[] = [];
	let isStandIn = false;
	const { host, port, standIn } = options;
	const gateway = { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
	const { loaded, system } = openProject({
		...options,
		environment,
		argumentValues: { ...options.argumentValues, gateway: { ...options.argumentValues?.gateway, ...gateway } },
		availableModels: ({ config }) => {
			const real = readDeploymentCredentials(config, environment).deployments;
			isStandIn = standIn !== undefined && (standIn.when === 'always' || real.length === 0);
			const accesses = isStandIn && standIn !== undefined ? standIn.accesses : real;
			deployments = createDeployments(accesses, { allowedPrivateHosts: config.gateway.allowedPrivateHosts });
			return servedBy(deployments, config.models);
		},
	});
	const { config, paths } = loaded;
	const runtime: Runtime = {
		system,
		config: config.gateway,
		attemptTimeoutMs: config.fallback.timeout,
		deployments,
		settings: config,
	};
	return { runtime, isStandIn, filePath: loaded.filePath ?? paths.configFile };
}

/** What providers say of their limits, behind the gateway's port. */
function limitsOf(watch: LimitWatch): UpstreamLimits {
	return {
		observe: (target, header, now) => watch.observe(target, header, now),
		send: (target, tokens) => watch.send(target, { tokens }),
		availableAt: (target, tokens, now) => watch.availableAt(target, { tokens }, now),
	};
}

/** A logger that says what the gateway has to say in the project's log. */
function loggerOf(runtime: Runtime): Logger {
	return runtime.system.logger;
}

/**
 * Opens the project of a folder and listens for requests.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) for a configuration that cannot be, or a wide binding without keys
 */
export async function openGateway(options: OpenGatewayOptions = {}): Promise<OpenGateway> {
	const first = openRuntime(options);
	const { allowedPrivateHosts } = first.runtime.config;
	const limits = limitsOf(new LimitWatch());
	const running = await serveGateway({
		runtime: first.runtime,
		clock: MACHINE_CLOCK,
		logger: loggerOf(first.runtime),
		upstream: new Upstream({ connect: { lookup: createGuardedLookup({ allowedPrivateHosts }) } }),
		limits,
	}).catch(async (error: unknown) => {
		await first.runtime.system.close();
		throw error;
	});
	const notice = options.onNotice ?? (() => {});
	let isStandIn = first.isStandIn;
	const reload = async (): Promise<boolean> => {
		try {
			const next = openRuntime(options);
			isStandIn = next.isStandIn;
			const before = running.gateway.runtime;
			const underWay = running.gateway.settled();
			running.gateway.configure(next.runtime);
			notice('The configuration was taken up.');
			await underWay;
			await before.system.close();
			return true;
		} catch (error) {
			if (!isRouterError(error)) throw error;
			notice(`The configuration was refused, the one before stays in force: ${error.message}`);
			return false;
		}
	};
	const canWatch = options.watchConfig !== false && existsSync(dirname(first.filePath));
	const stopWatching = canWatch ? watchFile(first.filePath, () => void reload()) : () => {};
	return {
		...running,
		get isStandIn() {
			return isStandIn;
		},
		reload,
		close: async () => {
			stopWatching();
			await running.close();
			await running.gateway.runtime.system.close();
		},
	};
}

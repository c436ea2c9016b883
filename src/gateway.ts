/** @module The gateway for Node: a project's configuration, its deployments and its system behind HTTP. */

import { hash } from 'node:crypto';
import { resolveModelRates } from './catalog/index.ts';
import { type ConfigValue, listConfigValues } from './config/index.ts';
import type { DeploymentAccess } from './contracts/index.ts';
import {
	ConfigReloader,
	createAdminApi,
	type GatewayState,
	type ReloadReport,
	type RunningGateway,
	rejectOwnAddress,
	serve,
	watchFiles,
} from './gateway/index.ts';
import { PrefixReuse } from './learn/index.ts';
import { loadProject, openCallableProject, type ProjectOptions, resolveAccesses } from './project.ts';
import { type CachePlanner, createCachePlanner } from './protocol/index.ts';
import { createGuardedLookup, LimitTracker } from './providers/index.ts';
import { Upstream } from './providers/upstream/index.ts';
import { SYSTEM_CLOCK } from './util/index.ts';

export type { AwsCredential, DeploymentAccess } from './contracts/index.ts';
export { Gateway, type ReloadReport, type RunningGateway, serve } from './gateway/index.ts';

/** How a project's gateway is opened. */
export interface OpenGatewayOptions extends ProjectOptions {
	/** Takes the place of `gateway.host`. */
	host?: string | undefined;
	/** Takes the place of `gateway.port`; 0 is any free one. */
	port?: number | undefined;
	/** Answers in place of every provider, e.g. a simulator's; or only where no provider can be called. */
	simulated?: { accesses: readonly DeploymentAccess[]; when: 'always' | 'no-provider' };
	/** Take up changes of the config file while it runs. @default true */
	watchConfig?: boolean;
	/** Hears what happened: a configuration taken up, or refused. */
	onNotice?: (message: string) => void;
}

/** A project's gateway that listens. */
export interface OpenGateway extends RunningGateway {
	/** The simulated providers answer, for no provider can be called or they always do. */
	isSimulated: boolean;
	/** Takes up the configuration as it is now, or refuses it, and the one in force goes on. Never rejects. */
	reload(): Promise<ReloadReport>;
}

interface Opened {
	runtime: GatewayState;
	isSimulated: boolean;
	/** Files that decide the configuration, whether they are there or not. */
	files: string[];
	/** Every value in force, and who said it. */
	values: ConfigValue[];
}

/** Reads the configuration and makes everything that requests are served with. @throws InvalidConfigError */
function openRuntime(options: OpenGatewayOptions): Opened {
	const { argumentValues, host, port, simulated } = options;
	const gateway = {
		...argumentValues?.gateway,
		...(host === undefined ? {} : { host }),
		...(port === undefined ? {} : { port }),
	};
	const project = loadProject({ ...options, argumentValues: { ...argumentValues, gateway } });
	const configured = resolveAccesses(project, options);
	const isSimulated = simulated !== undefined && (simulated.when === 'always' || configured.length === 0);
	const accesses = isSimulated ? simulated.accesses : configured;
	rejectOwnAddress(accesses, project.config.gateway);
	const { deployments, loaded, system } = openCallableProject(project, accesses, options);
	const { config, paths } = loaded;
	const runtime: GatewayState = {
		system,
		config: config.gateway,
		attemptTimeoutMs: config.fallback.timeout,
		deployments,
		settings: config,
	};
	return { runtime, isSimulated, files: [paths.configFile, paths.priceFile], values: listConfigValues(loaded) };
}

/** Providers' limits as they tell of them, remembered over every configuration. */
function createLimits(): Parameters<typeof serve>[0]['limits'] {
	const watch = new LimitTracker();
	return {
		observe: (target, header, now) => watch.observe(target, header, now),
		send: (target, tokens) => watch.countRequest(target, { tokens }),
		availableAt: (target, tokens, now) => watch.availableAt(target, { tokens }, now),
	};
}

/** Chooses marks for prompt caches by what this process has seen, at the prices in force. */
function createPlanner(inForce: () => GatewayState): CachePlanner {
	const now = () => SYSTEM_CLOCK.now();
	const ratesOf = (modelId: string) => resolveModelRates(inForce().system.router.catalog, modelId, now());
	const hashOf = (text: string) => hash('sha256', text, 'base64');
	return createCachePlanner({ memory: new PrefixReuse(), ratesOf, now, hashOf });
}

/** Resolves names for connections, by the hosts that are allowed at that moment. */
function guardedLookup(allowedPrivateHosts: () => readonly string[]): ReturnType<typeof createGuardedLookup> {
	return (hostname, options, callback) =>
		createGuardedLookup({ allowedPrivateHosts: allowedPrivateHosts() })(hostname, options, callback);
}

/**
 * Opens the project of a folder and listens for requests.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) for a configuration that cannot be, or a wide binding without keys
 */
export async function openGateway(options: OpenGatewayOptions = {}): Promise<OpenGateway> {
	const readAt = SYSTEM_CLOCK.now();
	let opened = openRuntime(options);
	const inForce = () => opened.runtime;
	const running = await serve({
		runtime: inForce(),
		clock: SYSTEM_CLOCK,
		logger: inForce().system.logger,
		upstream: new Upstream({ connect: { lookup: guardedLookup(() => inForce().config.allowedPrivateHosts) } }),
		limits: createLimits(),
		planCache: createPlanner(inForce),
	}).catch(async (error: unknown) => {
		await inForce().system.close();
		throw error;
	});
	const { gateway } = running;
	const configurations = new ConfigReloader({
		open: () => openRuntime(options),
		current: inForce,
		configure: (next) => {
			opened = next;
			running.configure(next.runtime);
		},
		settled: () => gateway.settled(),
		onNotice: options.onNotice ?? (() => {}),
	});
	const reload = () => configurations.reload();
	gateway.useAdmin(createAdminApi({ gateway, clock: SYSTEM_CLOCK, reload, configValues: () => opened.values }));
	const stopWatching = options.watchConfig === false ? () => {} : watchFiles(opened.files, readAt, () => void reload());
	return {
		...running,
		get isSimulated() {
			return opened.isSimulated;
		},
		reload,
		close: async () => {
			stopWatching();
			await running.close();
			await configurations.close();
			await inForce().system.close();
		},
	};
}

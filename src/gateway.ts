/** @module The gateway for Node: a project's configuration, its deployments and its system behind HTTP. */

import { isDeepStrictEqual } from 'node:util';
import { type ConfigValue, listConfigValues, processEnvironment } from './config/index.ts';
import {
	type ConfigManagement,
	ConfigReloader,
	createGateway,
	type GatewayFleet,
	type GatewayState,
	type ReloadReport,
	type RunningGateway,
	rejectOwnAddress,
	serve,
	watchFiles,
} from './gateway/index.ts';
import { loadProject, openCallableProject, type ProjectOptions, resolveAccesses } from './project.ts';
import { type DeploymentAccess, readProxySettings } from './providers/index.ts';
import { SYSTEM_CLOCK } from './util/index.ts';

export {
	type ConfigEntry,
	type ConfigValue,
	DEFAULT_GATEWAY_CONFIG,
	type GatewayConfig,
	type GatewayLayer,
} from './config/index.ts';
export type { EndpointOperation, WireFormatName } from './contracts/index.ts';
export {
	type ConfigManagement,
	createGateway,
	type DashboardSession,
	type Gateway,
	type GatewayFleet,
	type GatewayOptions,
	type GatewayState,
	getServedModels,
	type KeyAdmission,
	type LimitedKey,
	type ReloadReport,
	type RunningGateway,
	type SessionChange,
	serve,
} from './gateway/index.ts';
export {
	type AddressPolicy,
	type AwsCredential,
	type CallerLogin,
	type CallFitting,
	createDeployments,
	type Deployment,
	type DeploymentAccess,
	type DeploymentOptions,
	type Endpoint,
	type EndpointCall,
	type ProxySettings,
	readProxySettings,
} from './providers/index.ts';

/** How a project's gateway is opened. */
export interface OpenGatewayOptions extends ProjectOptions {
	/** Overrides `gateway.host`. */
	host?: string | undefined;
	/** Overrides `gateway.port`; 0 is any free one. */
	port?: number | undefined;
	/** Answers in place of every provider, e.g. a simulator's; or only where no provider can be called. A function is called when it is needed. */
	simulated?:
		| {
				accesses: readonly DeploymentAccess[] | (() => Promise<readonly DeploymentAccess[]>);
				when: 'always' | 'no-provider';
		  }
		| undefined;
	/** @deprecated the earlier name of `simulated`: calls must not reach paid providers because of a rename */
	standIn?: OpenGatewayOptions['simulated'];
	/** Other processes that serve at the same address. @default none */
	fleet?: GatewayFleet | undefined;
	/** Apply changes of the config file while it runs. @default true */
	watchConfig?: boolean | undefined;
	/** Receives, as a sentence, that a configuration was applied or rejected. */
	onNotice?: ((message: string) => void) | undefined;
}

/** A project's gateway that listens. */
export interface OpenGateway extends RunningGateway {
	/** The simulated providers answer, no real one. */
	isSimulated: boolean;
	/** @deprecated the earlier name of `isSimulated` */
	isStandIn: boolean;
	/** Applies the configuration as it is now, or rejects it and keeps the one in force. Never rejects. */
	reload(): Promise<ReloadReport>;
}

/**
 * Opens the project of a folder and listens for requests.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`) for a configuration that cannot be, or an address beyond loopback
 * without keys
 */
export async function openGateway(options: OpenGatewayOptions = {}): Promise<OpenGateway> {
	const readAt = SYSTEM_CLOCK.now();
	let project = await openGatewayProject(options);
	const reload = () => reloader.reload();
	const management = { reload: options.fleet?.reload ?? reload, configValues: () => project.values };
	const running = await listen(project, management, options);
	const { gateway } = running;
	const reloader = new ConfigReloader({
		open: () => openGatewayProject(options),
		current: () => gateway.runtime,
		configure: (next) => {
			keepAvailability(next, project);
			project = next;
			running.configure(next.runtime);
		},
		settled: () => gateway.settled(),
		onNotice: options.onNotice ?? (() => {}),
	});
	const stopWatching =
		options.watchConfig === false ? () => {} : watchFiles(project.files, readAt, () => void reload());
	return {
		...running,
		get isSimulated() {
			return project.isSimulated;
		},
		get isStandIn() {
			return project.isSimulated;
		},
		reload,
		close: async () => {
			stopWatching();
			await running.close();
			await reloader.close();
			await gateway.runtime.system.close();
		},
	};
}

interface GatewayProject {
	accesses: readonly DeploymentAccess[];
	runtime: GatewayState;
	isSimulated: boolean;
	/** Files that decide the configuration, whether they exist or not. */
	files: string[];
	/** Every value in force, with its origin. */
	values: ConfigValue[];
}

/** Reads the configuration and makes everything that requests are served with. @throws InvalidConfigError */
async function openGatewayProject(options: OpenGatewayOptions): Promise<GatewayProject> {
	const { argumentValues, host, port, simulated = options.standIn } = options;
	const gateway = {
		...argumentValues?.gateway,
		...(host === undefined ? {} : { host }),
		...(port === undefined ? {} : { port }),
	};
	const project = loadProject({ ...options, argumentValues: { ...argumentValues, gateway } });
	const configured = resolveAccesses(project, { ...options, hasCallers: true });
	const isSimulated = simulated !== undefined && (simulated.when === 'always' || configured.length === 0);
	const accesses = isSimulated ? await resolveSimulated(simulated) : configured;
	rejectOwnAddress(accesses, project.config.gateway);
	const { deployments, loaded, system } = openCallableProject(project, accesses, options);
	const { config, paths } = loaded;
	return {
		accesses: [...accesses],
		runtime: {
			system,
			config: config.gateway,
			attemptTimeoutMs: config.fallback.timeout,
			deployments,
			promptCaching: config.promptCaching,
		},
		isSimulated,
		files: [paths.configFile, paths.priceFile],
		values: listConfigValues(loaded),
	};
}

async function resolveSimulated({ accesses }: NonNullable<OpenGatewayOptions['simulated']>) {
	return typeof accesses === 'function' ? await accesses() : accesses;
}

/** Models stay in cooldown over a reload, except at deployments that are gone or whose key or address has changed. */
function keepAvailability({ accesses, runtime }: GatewayProject, previous: GatewayProject): void {
	const next = new Map(accesses.map((access) => [access.id, access]));
	const changed = previous.accesses.filter((access) => !isSamePlace(access, next.get(access.id)));
	const dropped = changed.map(({ id }) => id);
	runtime.system.fallback.shareAvailability(previous.runtime.system.fallback, dropped);
}

/** Priority and weight say nothing of the deployment itself. */
function isSamePlace(one: DeploymentAccess, other: DeploymentAccess | undefined): boolean {
	return isDeepStrictEqual({ ...one, priority: 0, weight: 0 }, { ...other, priority: 0, weight: 0 });
}

async function listen(
	{ runtime }: GatewayProject,
	management: ConfigManagement,
	{ environment = processEnvironment(), fleet }: OpenGatewayOptions,
): Promise<RunningGateway> {
	const { system, ...options } = runtime;
	const proxy = readProxySettings(environment);
	try {
		return await serve(createGateway(system, { ...options, proxy, management, fleet }));
	} catch (error) {
		await system.close();
		throw error;
	}
}

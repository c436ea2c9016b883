import type { Clock, ModelName } from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { type Deployment, LimitWatch } from '../providers/index.ts';
import type { RoutingSystem } from '../system/index.ts';
import { MACHINE_CLOCK } from '../util/index.ts';

/** How long a stream may stay silent, milliseconds. */
export interface StreamTimes {
	firstOutputTimeoutMs: number;
	idleTimeoutMs: number;
}

/** What models are routed and called with. */
export interface RoutedPorts {
	system: RoutingSystem;
	/** In the order in which they are tried. */
	deployments: readonly Deployment[];
	streams: StreamTimes;
	clock: Clock;
	limits: LimitWatch;
	/** Ids of the deployments of each model that some deployment serves. */
	served: ReadonlyMap<ModelName, readonly string[]>;
}

/** The ports of a system and the deployments its models are called at. @throws InvalidConfigError when there is none */
export function createRoutedPorts(given: {
	system: RoutingSystem;
	deployments: readonly Deployment[];
	streams: StreamTimes;
	clock?: Clock;
}): RoutedPorts {
	const { system, deployments } = given;
	const served = system.router.catalog.profiles().flatMap((profile) => {
		const ids = deployments.filter((deployment) => deployment.modelIdOf(profile) !== null).map(({ id }) => id);
		return ids.length === 0 ? [] : [[profile.name, ids] as const];
	});
	if (served.length === 0) {
		const message =
			'No model can be called: set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add a server of your own';
		throw new InvalidConfigError([{ path: 'deployments', message }]);
	}
	return { ...given, clock: given.clock ?? MACHINE_CLOCK, limits: new LimitWatch(), served: new Map(served) };
}

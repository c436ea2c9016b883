import type { ConfigValue } from '../../config/index.ts';
import type { Clock } from '../../contracts/index.ts';
import type { KeyRing } from '../keys/index.ts';
import type { AdmissionQueue } from '../limits/index.ts';
import type { ReloadReport } from '../reload/index.ts';
import type { DeploymentTable, Runtime } from '../runtime.ts';
import type { UpstreamLimits } from '../upstream-limits.ts';

/** The gateway, as far as it is looked after. */
export interface ManagedGateway {
	readonly version: string;
	/** Epoch milliseconds. */
	readonly startedAt: number;
	readonly runtime: Runtime;
	readonly deployments: DeploymentTable;
	readonly limits: UpstreamLimits;
	readonly keys: Pick<KeyRing, 'forget'>;
	readonly queue: Pick<AdmissionQueue, 'running' | 'waiting' | 'isClosed'>;
	readonly inFlight: number;
}

/** What the admin API works with. */
export interface AdminPorts {
	gateway: ManagedGateway;
	clock: Clock;
	/** Takes up the configuration as it is now, or refuses it. */
	reload: () => Promise<ReloadReport>;
	/** Every value of the configuration in force. */
	configValues: () => readonly ConfigValue[];
}

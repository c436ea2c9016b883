import type { KeyAdmission, LimitedKey } from '../limits/index.ts';
import type { ReloadReport } from './config-reloader.ts';
import type { SessionChange } from './dashboard/index.ts';

/** Processes that serve at one address together: what must hold for all of them. */
export interface GatewayFleet {
	/** Counts a request of a key for all of them. @throws RequestRefusedError (`ROUTER_RATE_LIMITED`) */
	admit(key: LimitedKey, tokens: number): Promise<KeyAdmission>;
	/** The metrics of all of them, in Prometheus' text format. */
	metrics(): Promise<string>;
	/** Tells the others that a key was made, changed or revoked here. */
	keyChanged(id: string): void;
	/** Tells the others that somebody has signed in to the dashboard here, or out of it. */
	sessionChanged(change: SessionChange): void;
	/** Has all of them read the limits of the store; resolves when they are in force in each. */
	refreshLimits(): Promise<void>;
	/** Reads the configuration again in all of them. */
	reload(): Promise<ReloadReport>;
}

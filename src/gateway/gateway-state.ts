import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayConfig } from '../config/index.ts';
import type { ModelName, ModelProfile } from '../contracts/index.ts';
import { type Deployment, DeploymentTable } from '../providers/index.ts';
import type { RoutingSystem } from '../system/index.ts';
import type { SessionChange } from './admin/dashboard/sessions.ts';

/** What requests are served with: replaced as a whole when the configuration changes. */
export interface GatewayState {
	system: RoutingSystem;
	config: GatewayConfig;
	/** Milliseconds an attempt that is not streamed may take at least. */
	attemptTimeoutMs: number;
	deployments: readonly Deployment[];
	/** Set breakpoints for Anthropic's prompt caches where they pay. */
	promptCaching: boolean;
}

/** A gateway over a routing system. `serve` listens for it; or mount `handleRequest` on a server of your own. */
export interface Gateway {
	/** What requests are served with now. */
	readonly runtime: GatewayState;
	/** Which models are served, and at which deployments, in the order in which they are tried. */
	readonly deployments: {
		readonly servedModels: readonly ModelName[];
		idsServing(model: ModelName): readonly string[];
	};
	/** Version of this package. */
	readonly version: string;
	/** Epoch milliseconds. */
	readonly startedAt: number;
	/** Requests that are not answered and booked yet. */
	readonly inFlight: number;
	/** Requests that are served, and that wait for their turn. */
	readonly queue: { readonly running: number; readonly waiting: number; readonly isClosed: boolean };
	/** Virtual keys it remembers for a few seconds; `forget` one that this process has changed. */
	readonly keys: { forget(id: string): void };
	/** Who has signed in to the dashboard; `adopt` what has changed in another process at the same address. */
	readonly sessions: { adopt(change: SessionChange): void };
	/** Node's request listener. */
	readonly handleRequest: (request: IncomingMessage, response: ServerResponse) => void;
	/** The metrics of this process, in Prometheus' text format. */
	metrics(): Promise<string>;
	/** Serves the requests from now on with another state; those in flight keep theirs. */
	configure(runtime: GatewayState): void;
	/** Serves no further request: those that wait are refused with 503, those in flight go on. */
	stopAdmitting(): void;
	/** Ends every request in flight; its caller gets `reason`. */
	abortAll(reason: Error): void;
	/** Resolves when every request that came is answered and booked. */
	settled(): Promise<void>;
	/** Ends the connections to providers. The routing system is closed by its owner. */
	close(): Promise<void>;
}

/** Names of the models that a deployment serves: the only ones that should compete in a gateway's routing system. */
export function getServedModels(deployments: readonly Deployment[], models: readonly ModelProfile[]): ModelName[] {
	return new DeploymentTable(deployments, models).servedModels;
}

/** Where each model of a state is served. */
export function createDeploymentTable({ deployments, system }: GatewayState): DeploymentTable {
	const { catalog } = system.router;
	return new DeploymentTable(deployments, catalog.profiles(), (name) => catalog.find(name));
}

/** A model in cooldown at a deployment. */
export interface ActiveCooldown {
	deployment: string;
	model: ModelName;
	/** The kind of failure that started it, or `circuit-open`. */
	cause: string;
	/** Epoch milliseconds. */
	until: number;
}

/** Every model in cooldown at a deployment now; one look-up per model and deployment. */
export function listActiveCooldowns({
	deployments,
	runtime,
}: Pick<Gateway, 'deployments' | 'runtime'>): ActiveCooldown[] {
	const { fallback } = runtime.system;
	return deployments.servedModels.flatMap((model) =>
		deployments.idsServing(model).flatMap((deployment) => {
			const cooldown = fallback.getCooldown(model, deployment);
			return cooldown === null ? [] : [{ deployment, model, ...cooldown }];
		}),
	);
}

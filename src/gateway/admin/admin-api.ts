import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConfigValue } from '../../config/index.ts';
import type { Clock, KeyScope } from '../../contracts/index.ts';
import type { DeploymentTable } from '../../providers/index.ts';
import type { JsonObject } from '../../util/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import type { Caller } from '../keys/caller.ts';
import type { KeyRing } from '../keys/index.ts';
import type { AdmissionQueue } from '../limits/index.ts';
import type { ReloadReport } from '../reload/index.ts';
import type { UpstreamLimits } from '../upstream-limits.ts';

/** Answers those who look after the gateway. */
export interface AdminApi {
	/** Answers one request; refuses a caller whose key may not. */
	handle(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void>;
}

/** The gateway, as far as it is looked after. */
export interface ManagedGateway {
	readonly version: string;
	/** Epoch milliseconds. */
	readonly startedAt: number;
	readonly runtime: GatewayState;
	readonly deployments: DeploymentTable;
	readonly limits: UpstreamLimits;
	readonly keys: Pick<KeyRing, 'forget'>;
	readonly queue: Pick<AdmissionQueue, 'running' | 'waiting' | 'isClosed'>;
	readonly inFlight: number;
}

/** What the admin API works with. */
export interface AdminOptions {
	gateway: ManagedGateway;
	clock: Clock;
	/** Takes up the configuration as it is now, or refuses it. */
	reload: () => Promise<ReloadReport>;
	/** Every value of the configuration in force. */
	configValues: () => readonly ConfigValue[];
}

/** One request of the admin API, read. */
export interface AdminRequest {
	/** Parts of the path that the route names. */
	path: Readonly<Record<string, string>>;
	query: URLSearchParams;
	/** Empty where none was sent. */
	body: JsonObject;
}

/** What it is answered. */
export interface AdminResponse {
	/** @default 200 */
	status?: number;
	body: unknown;
}

/** One route of the admin API. */
export interface AdminRoute {
	method: 'GET' | 'POST';
	/** With `:name` for what differs. */
	path: string;
	scope: KeyScope;
	/** Parameters of the address that it knows; another is refused. @default none */
	query?: readonly string[];
	/** @throws RouterError for what cannot be answered */
	handle: (request: AdminRequest, ports: AdminOptions) => Promise<AdminResponse>;
}

async function load(ports: AdminOptions): Promise<AdminApi['handle']> {
	const [{ bridgeError, createAdminApp }, { getRequestListener }] = await Promise.all([
		import('./admin-app.ts'),
		import('@hono/node-server'),
	]);
	const app = createAdminApp(ports);
	return async (request, response, caller) => {
		const listen = getRequestListener((asked, env) => app.fetch(asked, { ...env, caller }), {
			overrideGlobalObjects: false,
			errorHandler: (error) => bridgeError(error, ports),
		});
		await listen(request, response);
	};
}

/** The admin API over a gateway. What it is made of is loaded with the first request. */
export function createAdminApi(ports: AdminOptions): AdminApi {
	let loading: ReturnType<typeof load> | null = null;
	return {
		async handle(request, response, caller) {
			loading ??= load(ports);
			const handle = await loading;
			await handle(request, response, caller);
		},
	};
}

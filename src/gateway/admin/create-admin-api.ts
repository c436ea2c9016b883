import type { AdminApi } from './admin-api.ts';
import type { AdminPorts } from './admin-ports.ts';

async function load(ports: AdminPorts): Promise<AdminApi['handle']> {
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
export function createAdminApi(ports: AdminPorts): AdminApi {
	let loading: ReturnType<typeof load> | null = null;
	return {
		async handle(request, response, caller) {
			loading ??= load(ports);
			const handle = await loading;
			await handle(request, response, caller);
		},
	};
}

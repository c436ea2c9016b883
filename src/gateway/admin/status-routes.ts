import { recordJudgement } from '../handlers/index.ts';
import { restingTargets } from '../resting-targets.ts';
import type { AdminPorts } from './admin-ports.ts';
import type { AdminRoute } from './admin-route.ts';

/** Each deployment with the models it serves and those that are left alone there, or whose limit is used up. */
function deploymentStatus({ clock, gateway }: AdminPorts): unknown {
	const { deployments, limits, runtime } = gateway;
	const now = clock.now();
	const resting = restingTargets(gateway);
	return runtime.deployments.map(({ credential, formats, id, provider }) => {
		const models = deployments.servedModels.filter((model) => deployments.idsOf(model).includes(id));
		const rests = resting
			.filter(({ deployment }) => deployment === id)
			.map(({ cause, model, until }) => ({ model, cause, until: new Date(until).toISOString() }));
		const used = models.flatMap((model) => {
			const at = limits.availableAt({ deployment: id, model }, 0, now);
			return at <= now ? [] : [{ model, cause: 'limit-used-up', until: new Date(at).toISOString() }];
		});
		return { id, provider, credential, formats, models, resting: [...rests, ...used] };
	});
}

/** How the gateway is, and what people say of answers. */
export const STATUS_ROUTES: readonly AdminRoute[] = [
	{
		method: 'GET',
		path: '/admin/v1/status',
		scope: 'read',
		answer: async (_request, ports) => {
			const { clock, gateway } = ports;
			const { inFlight, queue, runtime, startedAt, version } = gateway;
			const { degraded, kind, location } = await runtime.system.storageStatus();
			const { host, requireKey } = runtime.config;
			const body = {
				version,
				startedAt: new Date(startedAt).toISOString(),
				uptimeMs: clock.now() - startedAt,
				isStopping: queue.isClosed,
				inFlight,
				served: queue.running,
				queued: queue.waiting,
				listen: { host, requireKey },
				storage: { kind, location, degraded },
				deployments: deploymentStatus(ports),
			};
			return { body };
		},
	},
	{
		method: 'POST',
		path: '/admin/v1/feedback',
		scope: 'admin',
		answer: async ({ body }, { gateway }) => ({ body: await recordJudgement(body, gateway.runtime) }),
	},
];

import type { ConfigValue } from '../../config/index.ts';
import { redactSecrets } from '../../util/index.ts';
import { listActiveCooldowns } from '../gateway-state.ts';
import { recordFeedback } from '../generation/index.ts';
import type { AdminOptions, AdminRoute } from './admin-api.ts';
import { rejectUnknownFields } from './parameters.ts';

/** Each deployment with the models it serves and those that are left alone there, or whose limit is used up. */
function deploymentStatus({ clock, gateway }: AdminOptions): unknown {
	const { deployments, limits, runtime } = gateway;
	const now = clock.now();
	const resting = listActiveCooldowns(gateway);
	return runtime.deployments.map(({ credential, formats, id, provider }) => {
		const models = deployments.servedModels.filter((model) => deployments.idsServing(model).includes(id));
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
		handle: async (_request, ports) => {
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
		handle: async ({ body }, { gateway }) => ({ body: await recordFeedback(body, gateway.runtime) }),
	},
];

const HIDDEN = '[hidden]';

/** An address without what may be a secret in it: the paths of many webhooks are. */
function originOnly(address: string): string {
	return URL.canParse(address) ? `${new URL(address).origin}/${HIDDEN}` : HIDDEN;
}

/** A value as it may be shown: keys are `env:NAME` as they are written; what may hold a secret in plain text is hidden. */
function shownValue({ path, value }: ConfigValue): unknown {
	if (path === 'budget.notify.webhook.url') return typeof value === 'string' ? originOnly(value) : HIDDEN;
	if (path === 'budget.notify.command') return Array.isArray(value) ? [value[0], HIDDEN] : HIDDEN;
	const text = JSON.stringify(value);
	return text === undefined ? null : JSON.parse(redactSecrets(text));
}

/** The configuration in force, and taking up another. */
export const CONFIG_ROUTES: readonly AdminRoute[] = [
	{
		method: 'GET',
		path: '/admin/v1/config',
		scope: 'read',
		handle: async (_request, { configValues }) => ({
			body: { values: configValues().map((value) => ({ ...value, value: shownValue(value) })) },
		}),
	},
	{
		method: 'POST',
		path: '/admin/v1/config/reload',
		scope: 'admin',
		handle: async ({ body }, { reload }) => {
			rejectUnknownFields(body, []);
			const report = await reload();
			if (report.isTaken) return { body: { taken: true, waitsForRestart: report.waitsForRestart } };
			const message = `The configuration was refused, the one before stays in force. ${report.message}`;
			return {
				status: 422,
				body: { error: { code: 'ROUTER_INVALID_CONFIG', message, issues: report.issues } },
			};
		},
	},
];

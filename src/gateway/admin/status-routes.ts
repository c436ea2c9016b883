import { type ConfigValue, withStoredLimits } from '../../config/index.ts';
import { redactSecrets } from '../../util/index.ts';
import { listActiveCooldowns } from '../gateway-state.ts';
import { submitFeedback } from '../generation/index.ts';
import { type AdminContext, type AdminHandler, type AdminRoute, formatTime } from './admin-route.ts';
import { rejectUnknownFields } from './parameters.ts';

/** Each deployment with the models it serves, and those in cooldown there or at their provider's limit. */
function describeDeployments({ clock, gateway, limits }: AdminContext): unknown {
	const { deployments, runtime } = gateway;
	const now = clock.now();
	const cooldowns = listActiveCooldowns(gateway);
	return runtime.deployments.map(({ credential, formats, id, provider }) => {
		const models = deployments.servedModels.filter((model) => deployments.idsServing(model).includes(id));
		const inCooldown = cooldowns
			.filter(({ deployment }) => deployment === id)
			.map(({ cause, model, until }) => ({ model, cause, until: formatTime(until) }));
		const atLimit = models.flatMap((model) => {
			const at = limits.availableAt({ deployment: id, model }, { tokens: 0 }, now);
			return at <= now ? [] : [{ model, cause: 'limit-used-up', until: formatTime(at) }];
		});
		const plan = limits.getPlan(id, now).map(({ resetsAt, usedPercent, window }) => {
			return { window, usedPercent, resetsAt: formatTime(resetsAt) };
		});
		const limitsLeft = models.flatMap((model) => {
			const { requests, tokens } = limits.getLeft({ deployment: id, model }, now);
			return requests === null && tokens === null ? [] : [{ model, requests, tokens }];
		});
		const told = plan.length === 0 ? {} : { plan };
		return { id, provider, credential, formats, models, resting: [...inCooldown, ...atLimit], limitsLeft, ...told };
	});
}

const showStatus: AdminHandler = async (_request, context) => {
	const { clock, gateway } = context;
	const { inFlight, queue, runtime, startedAt, version } = gateway;
	const storage = await runtime.system.storageStatus();
	const { host, requireKey } = runtime.config;
	const body = {
		version,
		startedAt: formatTime(startedAt),
		uptimeMs: clock.now() - startedAt,
		isStopping: queue.isClosed,
		inFlight,
		served: queue.running,
		queued: queue.waiting,
		listen: { host, requireKey },
		storage,
		deployments: describeDeployments(context),
	};
	return { body };
};

const HIDDEN = '[hidden]';

/** An address without its path, which is the secret of many webhooks. */
function originOnly(address: string): string {
	return URL.canParse(address) ? `${new URL(address).origin}/${HIDDEN}` : HIDDEN;
}

/** A value without secrets: keys are references (`env:NAME`) and stay, what may hold a secret in plain text is hidden. */
function redactValue({ path, value }: ConfigValue): unknown {
	if (path === 'budget.notify.webhook.url') return typeof value === 'string' ? originOnly(value) : HIDDEN;
	if (path === 'budget.notify.command') return Array.isArray(value) ? [value[0], HIDDEN] : HIDDEN;
	const text = JSON.stringify(value);
	return text === undefined ? null : JSON.parse(redactSecrets(text));
}

const showConfig: AdminHandler = async (_request, { configValues, gateway }) => {
	const { limits } = await gateway.runtime.system.storage();
	const values = withStoredLimits(configValues(), await limits.list());
	return { body: { values: values.map((value) => ({ ...value, value: redactValue(value) })) } };
};

const reloadConfig: AdminHandler = async ({ body }, { reload }) => {
	rejectUnknownFields(body, []);
	const report = await reload();
	if (report.applied) return { body: { taken: true, waitsForRestart: report.requiresRestart } };
	const message = `The new configuration was rejected, the old one stays in force. ${report.message}`;
	return { status: 422, body: { error: { code: 'ROUTER_INVALID_CONFIG', message, issues: report.issues } } };
};

const rate: AdminHandler = async ({ body }, { gateway }) => ({ body: await submitFeedback(body, gateway.runtime) });

/** The state of the gateway, feedback on answers, the configuration in force and its reload. */
export const STATUS_ROUTES: readonly AdminRoute[] = [
	{ method: 'GET', path: '/admin/v1/status', scope: 'read', handle: showStatus },
	{ method: 'POST', path: '/admin/v1/feedback', scope: 'admin', handle: rate },
	{ method: 'GET', path: '/admin/v1/config', scope: 'read', handle: showConfig },
	{ method: 'POST', path: '/admin/v1/config/reload', scope: 'admin', handle: reloadConfig },
];

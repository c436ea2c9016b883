import type { GatewayConfig } from '../../config/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { Finding } from './finding.ts';

/** Longest wait for the gateway on this machine, milliseconds. */
const TIMEOUT_MS = 1000;

/** The part of a deployment in `GET /admin/v1/status` that tells of a plan. */
interface SeenPlan {
	id: string;
	plan: ReadonlyArray<{ window: string; usedPercent: number; resetsAt: string | null }>;
}

const objectsIn = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

function readPlan({ id, plan }: JsonObject): SeenPlan[] {
	const windows = objectsIn(plan).flatMap(({ resetsAt, usedPercent, window }) =>
		typeof window === 'string' && typeof usedPercent === 'number'
			? [{ window, usedPercent, resetsAt: typeof resetsAt === 'string' ? resetsAt : null }]
			: [],
	);
	return typeof id === 'string' && windows.length > 0 ? [{ id, plan: windows }] : [];
}

/**
 * How far the windows of callers' own plans are used up, by the deployment's id, as the running gateway last heard; its address
 * where it tells that only with a key, for nothing secret is sent to whatever listens there. Empty where no gateway does.
 */
export async function readPlanWindows({
	host,
	port,
}: Pick<GatewayConfig, 'host' | 'port'>): Promise<ReadonlyMap<string, SeenPlan['plan']> | string> {
	try {
		const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}/admin/v1/status`;
		const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
		const body: unknown = await response.json();
		if (response.headers.get('x-switchyard-error') === 'ROUTER_UNAUTHORIZED') return address;
		const plans = isObject(body) ? objectsIn(body['deployments']).flatMap(readPlan) : [];
		return new Map(plans.map(({ id, plan }) => [id, plan]));
	} catch {
		// no gateway, or something else that listens there: there is nothing to tell
		return new Map();
	}
}

/** What is found of a deployment whose plan the gateway at `address` tells only with a key. */
export function describeHiddenPlan(name: string, address: string): Finding {
	const message =
		'is called with the login of a client; how far its plan is used up, the gateway tells only with a key';
	const fix = `Ask it yourself: \`switchyard keys create --name doctor --scope read\` makes a key, and \`curl -H "authorization: Bearer KEY" ${address}\` shows the plan under "deployments".`;
	return { name, status: 'skipped', message, fix };
}

/** What is found of a deployment whose plan has been seen. */
export function describePlan(name: string, plan: SeenPlan['plan']): Finding {
	const windows = plan.map(({ resetsAt, usedPercent, window }) => {
		const until = resetsAt === null ? '' : `, resets at ${resetsAt}`;
		return `${usedPercent} % of the ${window} window used${until}`;
	});
	const message = `is called with the login of a client; its plan, as last heard by the gateway: ${windows.join('; ')}`;
	if (plan.every(({ usedPercent }) => usedPercent < 100)) return { name, status: 'ok', message };
	const fix =
		'Until then requests go to the other deployments of their model and to its fallbacks, where there are any.';
	return { name, status: 'warning', message, fix };
}

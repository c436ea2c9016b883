import type { ExperimentInput, ExperimentStatus } from '../../system/index.ts';
import { type AdminHandler, type AdminRoute, formatTime } from './admin-route.ts';
import { createParameterError, rejectUnknownFields } from './parameters.ts';

/** An experiment with its times in ISO 8601; what draws its units stays here. */
function present({ createdAt, end, freeze, ...status }: Omit<ExperimentStatus, 'state' | 'result'>): object {
	const { at: startedAt = null, hash = null } = freeze ?? {};
	return {
		...status,
		createdAt: formatTime(createdAt),
		startedAt: formatTime(startedAt),
		hash,
		end: end && { at: formatTime(end.at), reason: end.reason, message: end.message },
	};
}

const listExperiments: AdminHandler = async (_request, { gateway }) => {
	const { system } = gateway.runtime;
	const all = await (await system.experiments()).list();
	const { timezone } = system.costOptimizer.budget;
	const experiments = all.map((each) => ({
		...present(each),
		state: each.freeze === null ? 'draft' : each.end === null ? 'running' : 'ended',
	}));
	return { body: { timezone, experiments } };
};

const showExperiment: AdminHandler = async ({ path: { name = '' } }, { gateway }) => {
	const { system } = gateway.runtime;
	const status = await (await system.experiments()).status(name);
	return { body: { timezone: system.costOptimizer.budget.timezone, ...present(status) } };
};

const createExperiment: AdminHandler = async ({ author, body }, { gateway, live }) => {
	const { replace: isReplacing = false, ...definition } = body;
	if (typeof isReplacing !== 'boolean') throw createParameterError('replace', isReplacing, 'true or false');
	const experiments = await gateway.runtime.system.experiments();
	// checked there, all of it
	const made = await experiments.create(definition as unknown as ExperimentInput, author, { isReplacing });
	live.announce();
	return { status: 201, body: { ...present(made), state: 'draft' } };
};

const act =
	(verb: 'start' | 'stop'): AdminHandler =>
	async ({ author, body }, { gateway, live, refreshLimits }) => {
		rejectUnknownFields(body, ['name']);
		const { name } = body;
		if (typeof name !== 'string') throw createParameterError('name', name, 'the name of an experiment');
		const experiments = await gateway.runtime.system.experiments();
		const status = await experiments[verb](name, author);
		await refreshLimits();
		live.announce();
		return { body: present(status) };
	};

/** Experiments: what there is, what they show, and their beginning and end. */
export const EXPERIMENT_ROUTES: readonly AdminRoute[] = [
	{ method: 'GET', path: '/admin/v1/experiments', scope: 'read', handle: listExperiments },
	{ method: 'GET', path: '/admin/v1/experiments/:name', scope: 'read', handle: showExperiment },
	{ method: 'POST', path: '/admin/v1/experiments/create', scope: 'admin', handle: createExperiment },
	{ method: 'POST', path: '/admin/v1/experiments/start', scope: 'admin', handle: act('start') },
	{ method: 'POST', path: '/admin/v1/experiments/stop', scope: 'admin', handle: act('stop') },
];

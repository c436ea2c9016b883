import { setImmediate } from 'node:timers/promises';
import {
	type BudgetRule,
	type CostGroup,
	type CostTotals,
	DECISION_OUTCOMES,
	DEFAULT_FORECAST_DAYS,
	type DecisionOutcome,
	nanoToUsd,
	type TimeRange,
	usdToNano,
} from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import {
	findDecisiveChanges,
	readBaselines,
	readEvidence,
	readModels,
	readOverview,
	readSavings,
	replayDecision,
	SAMPLE_LIMIT,
} from '../../system/index.ts';
import { type AdminContext, type AdminHandler, type AdminRoute, formatTime } from './admin-route.ts';
import { describeDecision, presentDecision, presentOutcome } from './describe-decision.ts';
import {
	createParameterError,
	parseChoiceParameter,
	parseReportPeriod,
	parseTimeRange,
	rejectUnknownFields,
} from './parameters.ts';

const GROUPS = ['day', 'model', 'task-type', 'key', 'team', 'tag', 'session'] as const satisfies readonly CostGroup[];
const DEFAULT_COST_GROUPS = 100;
const DEFAULT_DECISIONS = 50;
const DEFAULT_AUDIT_ENTRIES = 50;
const MAX_ROWS = 1000;
const SHOWN_ALERTS = 10;

/** A group's totals with its cost in USD; `null` when no request of it has a price: unknown, not 0. */
function presentTotals({ costNanoUsd, ...totals }: CostTotals): unknown {
	const isUnpriced = totals.requests > 0 && totals.unpricedRequests === totals.requests;
	return {
		...totals,
		costUsd: isUnpriced ? null : nanoToUsd(costNanoUsd),
		costNanoUsd: isUnpriced ? null : costNanoUsd,
	};
}

const showBudgets: AdminHandler = async (_request, { gateway }) => {
	const { system } = gateway.runtime;
	const limits = await system.budgetLimits({ withRequest: true });
	return { body: { timezone: system.costOptimizer.budget.timezone, status: await system.budgetStatus(), limits } };
};

const LIMIT_FIELDS = ['scope', 'of', 'shared', 'period', 'kind', 'limitUsd', 'atLimit'];

const setLimit: AdminHandler = async ({ author, body }, { gateway, live, refreshLimits }) => {
	rejectUnknownFields(body, LIMIT_FIELDS);
	const { limitUsd: limit, ...rule } = body;
	// what cannot be is refused by the budget's own rules
	await gateway.runtime.system.limits.set({ ...rule, limit } as unknown as BudgetRule, author);
	await refreshLimits();
	live.announce();
	return { body: { limits: await gateway.runtime.system.budgetLimits({ withRequest: true }) } };
};

const clearLimit: AdminHandler = async ({ author, body }, { gateway, live, refreshLimits }) => {
	rejectUnknownFields(body, ['id']);
	const { id } = body;
	if (typeof id !== 'string') throw createParameterError('id', id, 'the name of a limit, as "all per day"');
	if (!(await gateway.runtime.system.limits.clear(id, author))) {
		const message = `No limit ${id.slice(0, 100)} was set here. GET /admin/v1/budgets lists them; isStored says which were.`;
		throw new RequestRefusedError('ROUTER_NOT_FOUND', message);
	}
	await refreshLimits();
	live.announce();
	return { body: { limits: await gateway.runtime.system.budgetLimits({ withRequest: true }) } };
};

const showAudit: AdminHandler = async ({ query }, { gateway }) => {
	const limit = parseCountParameter(query, 'limit', { fallback: DEFAULT_AUDIT_ENTRIES, max: MAX_ROWS });
	const before = query.has('before')
		? parseCountParameter(query, 'before', { fallback: 1, max: Number.MAX_SAFE_INTEGER })
		: undefined;
	const { system } = gateway.runtime;
	const { audit } = await system.storage();
	const entries = await audit.list(limit, before);
	const { timezone } = system.costOptimizer.budget;
	const after = entries.length === limit ? (entries.at(-1)?.id ?? null) : null;
	return {
		body: { timezone, entries: entries.map((entry) => ({ ...entry, at: formatTime(entry.at) })), before: after },
	};
};

const showOverview: AdminHandler = async ({ query }, context) => {
	const { clock, gateway, overviews } = context;
	const now = clock.now();
	const range = parseReportPeriod(query, gateway.runtime.system.costOptimizer.calendar, now);
	const key = `${range.from} ${range.to}`;
	const known = overviews.get(key, now);
	if (known !== undefined) return { body: await known };
	const overview = describeOverview(context, range, now);
	overviews.set(key, overview, now);
	overview.catch(() => overviews.delete(key));
	return { body: await overview };
};

async function describeOverview({ gateway, live }: AdminContext, range: TimeRange, now: number): Promise<unknown> {
	const { system } = gateway.runtime;
	const storage = await system.flush();
	const overview = await readOverview({ storage, optimizer: system.costOptimizer, now }, range);
	return { ...overview, limits: await system.budgetLimits(), alerts: live.alerts.slice(0, SHOWN_ALERTS) };
}

const showModels: AdminHandler = async ({ query }, { clock, gateway }) => {
	const { system } = gateway.runtime;
	const now = clock.now();
	const range = parseReportPeriod(query, system.costOptimizer.calendar, now);
	const storage = await system.flush();
	const served = gateway.deployments.servedModels;
	return { body: await readModels({ storage, now }, system.router, { range, served }) };
};

const showEvidence: AdminHandler = async ({ query }, { clock, gateway }) => {
	const { system } = gateway.runtime;
	const range = parseReportPeriod(query, system.costOptimizer.calendar, clock.now());
	const { timezone } = system.costOptimizer.budget;
	return { body: { timezone, ...(await readEvidence(system, range)) } };
};

const showForecast: AdminHandler = async ({ query }, { gateway }) => {
	const days = parseCountParameter(query, 'days', { fallback: DEFAULT_FORECAST_DAYS, max: 366 });
	return { body: await gateway.runtime.system.forecast({ days }) };
};

const showSavings: AdminHandler = async ({ query }, { clock, gateway }) => {
	const { system } = gateway.runtime;
	const range = parseReportPeriod(query, system.costOptimizer.calendar, clock.now());
	const { candidates, catalog } = system.router;
	const storage = await system.flush();
	const baselines = await readBaselines(storage, range, { candidates, catalog });
	const savings = await readSavings(storage, range, { candidates, catalog, limit: SAMPLE_LIMIT });
	return { body: { savings, baselines } };
};

const showCosts: AdminHandler = async ({ query }, { clock, gateway }) => {
	const { system } = gateway.runtime;
	const by = parseChoiceParameter(query, 'by', { words: GROUPS, fallback: 'day' });
	const limit = parseCountParameter(query, 'limit', { fallback: DEFAULT_COST_GROUPS, max: MAX_ROWS });
	const range = parseReportPeriod(query, system.costOptimizer.calendar, clock.now());
	const totals = await system.costBy(by, range);
	const body = {
		by,
		from: formatTime(range.from),
		to: formatTime(range.to),
		timezone: system.costOptimizer.budget.timezone,
		totals: totals.slice(0, limit).map(presentTotals),
		leftOut: Math.max(0, totals.length - limit),
	};
	return { body };
};

const listDecisions: AdminHandler = async ({ query }, { gateway }) => {
	const { system } = gateway.runtime;
	const { budget, calendar } = system.costOptimizer;
	const limit = parseCountParameter(query, 'limit', { fallback: DEFAULT_DECISIONS, max: MAX_ROWS });
	const range = parseTimeRange(query, calendar, { from: 0, to: Number.MAX_SAFE_INTEGER });
	const given = (name: string) => query.get(name) ?? undefined;
	const { records } = await system.flush();
	const found = await records.search({
		range,
		limit,
		model: given('model'),
		taskType: given('type'),
		outcome: query.has('outcome')
			? parseChoiceParameter<DecisionOutcome>(query, 'outcome', { words: DECISION_OUTCOMES, fallback: 'success' })
			: undefined,
		minCostNanoUsd: parseCostParameter(query, 'minCostUsd'),
		attribution: { key: given('key'), tag: given('tag'), session: given('session') },
		after: parseCursor(query),
	});
	const last = found.length === limit ? found.at(-1)?.decision : undefined;
	const decisions = found.map(({ decision, outcome }) => ({
		...presentDecision(decision),
		outcome: presentOutcome(outcome),
	}));
	return { body: { timezone: budget.timezone, decisions, after: last === undefined ? null : `${last.at}_${last.id}` } };
};

const showDecision: AdminHandler = async ({ path: { id = '' } }, { gateway }) => ({
	body: await describeDecision(id, gateway.runtime.system),
});

/** Each change is found by deciding again: too many would hold up the requests of callers, so one model is asked for at a time. */
const showWhyNot: AdminHandler = async ({ path: { id = '' }, query }, { gateway }) => {
	const { system } = gateway.runtime;
	const model = query.get('model');
	if (model === null) throw createParameterError('model', undefined, 'the name of a model');
	await describeDecision(id, system); // one that is not known is 404
	const name = system.router.resolveModelName(model);
	return { body: { ...(await findDecisiveChanges(await replayDecision(system, id), name, setImmediate)) } };
};

const showReplay: AdminHandler = async ({ path: { id = '' } }, { gateway }) => {
	const { system } = gateway.runtime;
	await describeDecision(id, system); // one that is not known is 404
	const { decision, differences, gone, record } = await replayDecision(system, id);
	const isSame = differences.length === 0 && gone.length === 0;
	return { body: { isSame, recorded: record.model, model: decision?.model.name ?? null, gone, differences } };
};

const PERIOD_PARAMETERS = ['period', 'from', 'to'];
const COST_PARAMETERS = ['by', ...PERIOD_PARAMETERS, 'limit'];

const DECISION_PARAMETERS = [
	'limit',
	'from',
	'to',
	'model',
	'type',
	'outcome',
	'key',
	'tag',
	'session',
	'minCostUsd',
	'after',
];

/** Budgets, costs, and decisions with their outcomes. */
export const REPORT_ROUTES: readonly AdminRoute[] = [
	{ method: 'GET', path: '/admin/v1/budgets', scope: 'read', handle: showBudgets },
	{ method: 'POST', path: '/admin/v1/budgets/set', scope: 'admin', handle: setLimit },
	{ method: 'POST', path: '/admin/v1/budgets/clear', scope: 'admin', handle: clearLimit },
	{ method: 'GET', path: '/admin/v1/audit', scope: 'read', query: ['limit', 'before'], handle: showAudit },
	{ method: 'GET', path: '/admin/v1/overview', scope: 'read', query: PERIOD_PARAMETERS, handle: showOverview },
	{ method: 'GET', path: '/admin/v1/models', scope: 'read', query: PERIOD_PARAMETERS, handle: showModels },
	{ method: 'GET', path: '/admin/v1/evidence', scope: 'read', query: PERIOD_PARAMETERS, handle: showEvidence },
	{ method: 'GET', path: '/admin/v1/forecast', scope: 'read', query: ['days'], handle: showForecast },
	{ method: 'GET', path: '/admin/v1/savings', scope: 'read', query: PERIOD_PARAMETERS, handle: showSavings },
	{ method: 'GET', path: '/admin/v1/costs', scope: 'read', query: COST_PARAMETERS, handle: showCosts },
	{ method: 'GET', path: '/admin/v1/decisions', scope: 'read', query: DECISION_PARAMETERS, handle: listDecisions },
	{ method: 'GET', path: '/admin/v1/decisions/:id', scope: 'read', handle: showDecision },
	{ method: 'GET', path: '/admin/v1/decisions/:id/replay', scope: 'read', handle: showReplay },
	{ method: 'GET', path: '/admin/v1/decisions/:id/why-not', scope: 'read', query: ['model'], handle: showWhyNot },
];

/** A whole number from 1 to `max`. @throws InvalidInputError */
function parseCountParameter(
	query: URLSearchParams,
	name: string,
	{ fallback, max }: { fallback: number; max: number },
): number {
	const value = query.get(name);
	if (value === null) return fallback;
	const count = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
	if (count >= 1 && count <= max) return count;
	throw createParameterError(name, value, `a whole number from 1 to ${max}`);
}

/** USD as nano-dollars. @throws InvalidInputError */
function parseCostParameter(query: URLSearchParams, name: string): number | undefined {
	const value = query.get(name);
	if (value === null) return undefined;
	const usd = /^\d{1,6}(?:\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
	if (Number.isNaN(usd)) throw createParameterError(name, value, 'an amount in USD such as 0.25');
	return usdToNano(usd);
}

/** Where the page before ended, as its answer said in `after`. @throws InvalidInputError */
function parseCursor(query: URLSearchParams): { at: number; id: string } | undefined {
	const value = query.get('after');
	if (value === null) return undefined;
	const [, at, id] = /^(\d{1,15})_(.{1,100})$/.exec(value) ?? [];
	if (at === undefined || id === undefined)
		throw createParameterError('after', value, 'what the page before said in "after"');
	return { at: Number(at), id };
}

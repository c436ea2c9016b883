import type { BudgetLayer } from '../../config/index.ts';
import type { BudgetRule } from '../../contracts/index.ts';
import type { ImportDraft } from './import-draft.ts';
import type { SourceValue } from './import-source.ts';

/** Why a setting of LiteLLM has no counterpart; what is not listed has none that is known. */
const REASONS: Readonly<Record<string, string>> = {
	content_policy_fallbacks: 'an answer that is refused on grounds of content is never routed around',
	context_window_fallbacks: 'a conversation that is too long goes to a model with a larger window by itself',
	cooldown_time: 'a model is left alone for as long as its provider says, else for 30 s after five failures in a row',
	allowed_fails: 'a model is left alone for as long as its provider says, else for 30 s after five failures in a row',
	retry_policy: 'what follows from which failure is fixed: docs/guide/concepts.md#failures',
	allowed_fails_policy: 'what follows from which failure is fixed: docs/guide/concepts.md#failures',
	retry_after: 'waits are those that the provider names, else a backoff from one second',
	stream_timeout: 'the wait for a first token depends on the model and the prompt: gateway.streams',
	redis_host: 'there is no shared state beside the database',
	redis_port: 'there is no shared state beside the database',
	redis_password: 'there is no shared state beside the database',
	redis_url: 'there is no shared state beside the database',
	provider_budget_config: 'budgets are limited by key, team, tag, session, model or task type, not by provider',
	database_url: 'keys and charges are in a database of their own: make keys with "switchyard keys create"',
	success_callback: 'there are no callbacks: figures are at /metrics and in "switchyard export"',
	failure_callback: 'there are no callbacks: figures are at /metrics and in "switchyard export"',
	callbacks: 'there are no callbacks: figures are at /metrics and in "switchyard export"',
	environment_variables: 'variables are set in the environment of the gateway, not in its configuration',
};

/** What holds here without a setting. */
const BUILT_IN = ['drop_params', 'enable_pre_call_checks', 'set_verbose', 'json_logs', 'telemetry', 'modify_params'];

/** Fallbacks, aliases, retries, times, budgets and the rest beside the list of models. */
export function importLitellmSettings(file: SourceValue, draft: ImportDraft): void {
	const sections = ['router_settings', 'litellm_settings', 'general_settings'];
	const settings = sections.flatMap((name) => file.get(name) ?? []);
	for (const section of settings) {
		const aliases = section.get('model_group_alias');
		if (aliases !== undefined) importAliases(aliases, draft);
	}
	for (const section of settings) importSection(section, draft);
	for (const section of [file, ...settings])
		for (const [name, reason] of Object.entries(REASONS)) {
			const setting = section.getIfThere(name);
			if (setting !== undefined) draft.refuse(setting, reason);
		}
}

function importSection(section: SourceValue, draft: ImportDraft): void {
	draft.acceptAll(section, BUILT_IN);
	importFallbacks(section, draft);
	const retries = section.getIfThere('num_retries')?.amount();
	const timeout = (section.getIfThere('timeout') ?? section.getIfThere('request_timeout'))?.amount();
	const fallback = {
		...(retries !== undefined && { maxAttempts: Math.min(100, Math.max(1, Math.round(retries) + 1)) }),
		...(timeout !== undefined && timeout > 0 && { timeout: Math.round(timeout * 1000) }),
	};
	if (Object.keys(fallback).length > 0) draft.config.fallback = { ...fallback, ...draft.config.fallback };
	const strategy = section.getIfThere('routing_strategy');
	const isKept = ['simple-shuffle', 'least-busy'].includes(strategy?.text() ?? 'simple-shuffle');
	if (strategy !== undefined && !isKept)
		draft.refuse(strategy, 'deployments of a model share its requests by calls under way, for their weight');
	const masterKey = section.getIfThere('master_key');
	if (masterKey !== undefined) {
		draft.config.gateway = { ...draft.config.gateway, requireKey: true };
		draft.refuse(masterKey, 'is not copied: callers need a key (gateway.requireKey), made by "switchyard keys create"');
	}
	importCache(section, draft);
	importBudget(section, draft);
}

function importAliases(aliases: SourceValue, draft: ImportDraft): void {
	for (const [alias, target] of aliases.entries()) {
		const group = typeof target.value === 'string' ? target.text() : target.get('model')?.text();
		const here = group === undefined ? undefined : draft.findName(group);
		if (here === undefined)
			draft.refuse(target, `names a model that is not imported: ${JSON.stringify(group ?? null)}`);
		else draft.addAlias(here, alias, target);
		const hidden = typeof target.value === 'string' ? undefined : target.getIfThere('hidden');
		if (hidden?.flag() === true) draft.refuse(hidden, 'every name of a model is listed');
	}
}

/** A chain of models by name; what is not imported is left out and said. */
function toChain(list: SourceValue, draft: ImportDraft): string[] {
	return list.list().flatMap((member) => {
		const here = draft.findName(member.text() ?? '');
		if (here === undefined) draft.refuse(member, 'names a model that is not imported');
		return here ?? [];
	});
}

function importFallbacks(section: SourceValue, draft: ImportDraft): void {
	for (const entry of section.getIfThere('fallbacks')?.list() ?? []) {
		for (const [primary, list] of entry.entries()) {
			const chain = toChain(list, draft);
			const here = draft.findName(primary);
			if (primary === '*') addDefaultChain(chain, draft);
			else if (here === undefined)
				draft.refuse(entry, `names a model that is not imported: ${JSON.stringify(primary)}`);
			else draft.addFallbacks(here, chain);
		}
	}
	const others = section.getIfThere('default_fallbacks');
	if (others !== undefined) addDefaultChain(toChain(others, draft), draft);
}

/** For models that have no chain of their own. */
function addDefaultChain(chain: readonly string[], draft: ImportDraft): void {
	const own = new Set(Object.keys(draft.config.fallbacks ?? {}));
	for (const name of draft.importedNames) {
		const here = draft.findName(name);
		if (here !== undefined && !own.has(here)) draft.addFallbacks(here, chain);
	}
}

function importCache(section: SourceValue, draft: ImportDraft): void {
	const params = section.getIfThere('cache_params');
	const ttl = params?.getIfThere('ttl')?.amount();
	const type = params?.getIfThere('type');
	const cache = section.getIfThere('cache');
	draft.acceptAll(params, ['host', 'port', 'password', 'namespace']);
	if (cache?.flag() !== true) return;
	const seconds = ttl === undefined ? {} : { ttl: Math.max(1, Math.round(ttl)) };
	draft.config.gateway = { ...draft.config.gateway, cache: { enabled: true, ...seconds } };
	if (type !== undefined && type.text() !== 'local')
		draft.refuse(type, "answers are kept in the gateway's memory, each for the key that got it");
}

/** Periods of LiteLLM's budgets that exist here. */
const PERIODS: Readonly<Record<string, BudgetRule['period']>> = {
	'1h': 'hour',
	'60m': 'hour',
	'1d': 'day',
	'24h': 'day',
	'7d': 'week',
	'1w': 'week',
	'30d': 'month',
	'1mo': 'month',
};

/** USD per day that hold where nothing is said. */
const DEFAULT_DAILY_LIMIT = 10;

function importBudget(section: SourceValue, draft: ImportDraft): void {
	const most = section.getIfThere('max_budget');
	const duration = section.getIfThere('budget_duration');
	const limit = most?.amount();
	if (most === undefined || limit === undefined) return;
	const period = duration === undefined ? 'total' : PERIODS[duration.text() ?? ''];
	if (period === undefined) {
		draft.refuse(duration ?? most, `a budget is for ${Object.keys(PERIODS).join(', ')} or without an end`);
		return;
	}
	const budget: BudgetLayer = {};
	if (period === 'day') budget.dailyLimit = limit;
	else if (period === 'month') budget.monthlyLimit = limit;
	else budget.rules = [{ scope: 'all', period, limit }];
	if (period === 'month' && limit < DEFAULT_DAILY_LIMIT) budget.dailyLimit = limit;
	draft.config.budget = { ...draft.config.budget, ...budget };
	draft.note(most, 'the other limits keep their defaults: $10 a day, $250 a month, $1 a request ("switchyard budget")');
}

import type { LogLevel } from '../../contracts/index.ts';
import { parseHttpAddress } from '../../util/index.ts';
import type { ImportDraft, ImportedModel } from './import-draft.ts';
import type { SourceValue } from './import-source.ts';
import { findEndpoint } from './provider-addresses.ts';

/** Routes of claude-code-router, and how each is asked for here. */
const ROUTES: Readonly<Record<string, string>> = {
	default: 'ANTHROPIC_MODEL=ccr-default',
	background: 'ANTHROPIC_DEFAULT_HAIKU_MODEL=ccr-background',
	think: 'ANTHROPIC_DEFAULT_OPUS_MODEL=ccr-think',
	longContext: '/model ccr-longContext',
	webSearch: '/model ccr-webSearch',
	image: '/model ccr-image',
};

/** Why a setting has no counterpart. */
const REASONS: Readonly<Record<string, string>> = {
	PROXY_URL: 'set HTTPS_PROXY in the environment of the gateway',
	CUSTOM_ROUTER_PATH: 'there are no router scripts: policies and hints say what is wanted (docs/guide/gateway.md)',
	transformers: 'no code is loaded: each request is fitted to its model by rules',
	longContextThreshold: 'a model whose window is too small for a request is passed over by itself',
};

/** Transformers whose work is done for every request. */
const BUILT_IN = [
	'anthropic',
	'openai',
	'openrouter',
	'deepseek',
	'gemini',
	'groq',
	'cerebras',
	'reasoning',
	'sampling',
];

const LOG_LEVELS: Readonly<Record<string, LogLevel>> = {
	fatal: 'error',
	error: 'error',
	warn: 'warn',
	info: 'info',
	debug: 'debug',
	trace: 'debug',
};

/** Imports the configuration of claude-code-router. Source: https://github.com/musistudio/claude-code-router (2026-11-29) */
export function importClaudeCodeRouter(file: SourceValue, draft: ImportDraft): void {
	for (const provider of file.get('Providers')?.list() ?? []) importProvider(provider, draft);
	const router = file.get('Router');
	if (router !== undefined) importRoutes(router, draft);
	importChains(file, router, draft);
	importServer(file, draft);
	draft.acceptAll(file, ['LOG', 'NON_INTERACTIVE_MODE', 'StatusLine']);
	for (const section of [file, router])
		for (const [name, reason] of Object.entries(REASONS)) {
			const setting = section?.getIfThere(name);
			if (setting !== undefined && setting.value !== '') draft.refuse(setting, reason);
		}
}

function importProvider(provider: SourceValue, draft: ImportDraft): void {
	const name = provider.get('name')?.text();
	const address = provider.get('api_base_url');
	const written = address?.text();
	const models = provider.get('models')?.list() ?? [];
	const key = provider.get('api_key');
	if (name === undefined || address === undefined || written === undefined) {
		draft.refuse(provider, 'needs a name and an api_base_url');
		return;
	}
	const url = parseHttpAddress(written);
	if (url === null) {
		draft.refuse(address, 'is no http or https address without user name, password, query or fragment');
		return;
	}
	const transformer = provider.getIfThere('transformer');
	const uses = transformer === undefined ? [] : readTransformers(transformer, draft);
	const isAnthropic = uses.some((used) => used.toLowerCase() === 'anthropic') || /\/v1\/messages\/?$/.test(written);
	if (uses.some((used) => used.startsWith('vertex'))) {
		draft.refuse(provider, 'add a deployment of the kind "vertex" with its project yourself');
		return;
	}
	const maxOutputTokens = transformer === undefined ? undefined : findMaxTokens(transformer);
	const endpoint = findEndpoint(name, url, isAnthropic);
	for (const model of models) {
		const modelId = model.text();
		if (modelId !== undefined) addModel({ source: model, modelId, endpoint, key, facts: { maxOutputTokens } }, draft);
	}
}

/** One model of a provider, which is asked for by `provider,model` and by its id alone. */
function addModel(
	model: Pick<ImportedModel, 'source' | 'modelId' | 'endpoint' | 'key' | 'facts'>,
	draft: ImportDraft,
): void {
	const { endpoint, modelId, source } = model;
	// a variant (`:free`, `:thinking`) is a model of its own, with a price of its own
	const knownAs = modelId.includes(':') ? [] : [modelId];
	const here = draft.addModel({ ...model, name: `${endpoint.id},${modelId}`, ownName: modelId, knownAs });
	if (draft.isFree(modelId)) draft.addAlias(here, modelId, source);
}

/** Names of all transformers of a provider; those that do what nothing here does are said. */
function readTransformers(transformer: SourceValue, draft: ImportDraft): string[] {
	return transformer.entries().flatMap(([, uses]) => {
		const list = Array.isArray(uses.value) ? uses.list() : (uses.get('use')?.list() ?? []);
		return list.flatMap((use) => {
			const [named = use, options] = Array.isArray(use.value) ? use.list() : [];
			const name = named.text() ?? '';
			const isBuiltIn = BUILT_IN.includes(name.toLowerCase());
			if (!isBuiltIn && name !== 'maxtoken') draft.refuse(use, `nothing here does what the transformer "${name}" does`);
			else if (isBuiltIn && options !== undefined)
				draft.refuse(
					use,
					'options of a transformer have no place here; OpenRouter\'s are sent as "provider" in a request',
				);
			return name;
		});
	});
}

/** The limit that the transformer `maxtoken` sets for all models of a provider. */
function findMaxTokens(transformer: SourceValue): number | undefined {
	for (const use of transformer.getIfThere('use')?.list() ?? []) {
		const [name, options] = Array.isArray(use.value) ? use.list() : [];
		if (name?.text() === 'maxtoken') return options?.get('max_tokens')?.amount();
	}
	return undefined;
}

function importRoutes(router: SourceValue, draft: ImportDraft): void {
	for (const [route, way] of Object.entries(ROUTES)) {
		const target = router.getIfThere(route);
		const written = target?.text();
		if (target === undefined || written === undefined || written === '') continue;
		const here = draft.findName(written);
		if (here === undefined) {
			draft.refuse(target, `names "${written}", which is not imported`);
			continue;
		}
		draft.addAlias(here, `ccr-${route}`, target);
		if (route === 'default') draft.config.defaultModel = here;
		if (route === 'think') draft.changeProfile(here, { supportsExtendedThinking: true });
		draft.note(target, `no request takes the route "${route}" by itself: ask for it in Claude Code with ${way}`);
	}
}

/** `fallback`: lists of models by route. */
function importChains(file: SourceValue, router: SourceValue | undefined, draft: ImportDraft): void {
	for (const [route, list] of file.getIfThere('fallback')?.entries() ?? []) {
		const primary = draft.findName(router?.getIfThere(route)?.text() ?? '');
		const chain = list.list().flatMap((member) => {
			const here = draft.findName(member.text() ?? '');
			if (here === undefined) draft.refuse(member, 'names a model that is not imported');
			return here ?? [];
		});
		if (primary === undefined) draft.refuse(list, `there is no model for the route "${route}"`);
		else draft.addFallbacks(primary, chain);
	}
}

function importServer(file: SourceValue, draft: ImportDraft): void {
	const timeout = file.getIfThere('API_TIMEOUT_MS')?.amount();
	if (timeout !== undefined && timeout > 0) draft.config.fallback = { timeout: Math.round(timeout) };
	const level = LOG_LEVELS[file.getIfThere('LOG_LEVEL')?.text() ?? ''];
	if (level !== undefined) draft.config.log = { level };
	const port = file.getIfThere('PORT')?.amount();
	const host = file.getIfThere('HOST')?.text();
	const key = file.getIfThere('APIKEY');
	const gateway = {
		...(port !== undefined && { port }),
		...(host !== undefined && host !== '' && { host }),
		...(key !== undefined && key.value !== '' && { requireKey: true }),
	};
	if (Object.keys(gateway).length > 0) draft.config.gateway = { ...draft.config.gateway, ...gateway };
	if (key !== undefined && key.value !== '')
		draft.refuse(key, 'is not copied: callers need a key (gateway.requireKey), made by "switchyard keys create"');
}

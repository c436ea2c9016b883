import { omitRevision } from '../../catalog/index.ts';
import type { DeploymentSettings } from '../../providers/index.ts';
import { parseHttpAddress } from '../../util/index.ts';
import type { ModelFacts } from './describe-model.ts';
import type { ImportDraft } from './import-draft.ts';
import { importLitellmSettings } from './import-litellm-settings.ts';
import type { SourceValue } from './import-source.ts';
import { type ImportedEndpoint, LITELLM_PROVIDERS } from './provider-addresses.ts';

/** What the provider of a model's id is called where the id has no prefix, as LiteLLM infers it. */
const UNPREFIXED: ReadonlyArray<readonly [id: RegExp, provider: string]> = [
	[/^(?:gpt-|chatgpt-|o\d|text-embedding-)/, 'openai'],
	[/^claude-/, 'anthropic'],
	[/^gemini-/, 'vertex_ai'],
];

/** Modes of LiteLLM that are served here. */
const MODES = new Set(['chat', 'completion', 'responses', 'embedding']);

/** What `model_info` says for the people who read it, or says of abilities that are known from elsewhere. */
const UNUSED_FACTS = ['id', 'litellm_provider', 'description', 'supports_prompt_caching', 'supports_response_schema'];

/** One entry of `model_list`, read. */
interface Entry {
	source: SourceValue;
	params: SourceValue;
	info: SourceValue | undefined;
	name: string;
	provider: string;
	/** The model's id there. */
	modelId: string;
	/** Its part in simple-shuffle: `weight`, else `rpm`, else `tpm`. */
	share: number | undefined;
}

/** Imports the configuration of a LiteLLM proxy. Source: https://docs.litellm.ai/docs/proxy/config_settings (2026-11-29) */
export function importLitellm(file: SourceValue, draft: ImportDraft): void {
	const entries = (file.get('model_list')?.list() ?? []).flatMap((source) => readEntry(source, draft) ?? []);
	for (const entry of entries) addEntry(entry, entries, draft);
	importLitellmSettings(file, draft);
}

function readEntry(source: SourceValue, draft: ImportDraft): Entry | null {
	const name = source.get('model_name')?.text();
	const params = source.get('litellm_params');
	const id = params?.get('model')?.text();
	if (name === undefined || params === undefined || id === undefined) {
		draft.refuse(source, 'needs a model_name and a litellm_params.model');
		return null;
	}
	const prefix = id.includes('/') ? id.slice(0, id.indexOf('/')) : null;
	const named = params.get('custom_llm_provider')?.text();
	const isPrefix = prefix !== null && (Object.hasOwn(LITELLM_PROVIDERS, prefix) || named === undefined);
	const inferred = UNPREFIXED.find(([pattern]) => pattern.test(id))?.[1];
	const provider = isPrefix ? prefix : (named ?? inferred ?? 'openai');
	const modelId = isPrefix ? id.slice(prefix.length + 1) : id;
	const rpm = (params.get('rpm') ?? source.get('rpm'))?.amount();
	const tpm = (params.get('tpm') ?? source.get('tpm'))?.amount();
	const share = params.get('weight')?.amount() ?? rpm ?? tpm;
	return { source, params, info: source.get('model_info'), name, provider, modelId, share };
}

function addEntry(entry: Entry, entries: readonly Entry[], draft: ImportDraft): void {
	const { info, modelId, name, params, provider, source } = entry;
	const mode = info?.get('mode')?.text() ?? 'chat';
	if (!MODES.has(mode)) {
		draft.refuse(source, `the mode "${mode}" is not served here`);
		return;
	}
	if (!Object.hasOwn(LITELLM_PROVIDERS, provider)) {
		const hint =
			'if it speaks OpenAI\'s format, add a deployment of the kind "openai-compatible" with its address yourself';
		draft.refuse(source, `there is no deployment kind for the provider "${provider}"; ${hint}`);
		return;
	}
	if (modelId.includes('*') || name.includes('*')) {
		addWildcard(entry, draft);
		return;
	}
	const endpoint = readEndpoint(entry, draft);
	if (endpoint === null) return;
	const base = info?.get('base_model')?.text();
	const own = modelId.replace(/^(?:converse|invoke)\//, '');
	// clouds have ids of their own: us.anthropic.claude-opus-4-5-20251101-v1:0, claude-opus-4-5@20251101
	const atCloud = omitRevision(own.replace(/^(?:[a-z]{2,6}\.)?anthropic\./, ''));
	const isNamedFreely = provider === 'azure' || provider === 'litellm_proxy';
	const knownAs = [base, own, endpoint.cloud && atCloud, isNamedFreely ? name : undefined];
	const order = params.get('order')?.amount();
	draft.addModel({
		source,
		name,
		modelId: provider === 'bedrock' ? own : modelId,
		knownAs: knownAs.filter((known) => known !== undefined),
		endpoint,
		key: params.get('api_key'),
		facts: readFacts(entry, mode),
		priority: order === undefined ? undefined : Math.round(order),
		weight: findWeight(entry, entries),
		...(provider === 'bedrock' && { credentials: readAwsKeys(params, draft) }),
	});
	draft.acceptAll(info, UNUSED_FACTS);
}

/** `openai/*`: all models of a provider. What a pattern of names beyond that would take is named as left out. */
function addWildcard({ modelId, name, params, provider, source }: Entry, draft: ImportDraft): void {
	if (params.get('model')?.text() === '*') {
		draft.refuse(
			source,
			`"${name}" stands for every model of every provider: name each provider ("openai/*") or model`,
		);
		return;
	}
	const kind = provider === 'gemini' ? 'google' : provider;
	if (kind !== 'openai' && kind !== 'anthropic' && kind !== 'google') {
		draft.refuse(source, `"${name}" stands for models that nobody lists: name each model that is to be called`);
		return;
	}
	const key = params.get('api_key');
	const apiKey = key === undefined ? undefined : draft.toReference(key, `${kind.toUpperCase()}_API_KEY`);
	if (name !== `${provider}/*` || modelId !== '*')
		draft.refuse(
			source.get('model_name') ?? source,
			`"${name}" takes names by a pattern, which nothing does here: models of ${kind} are asked for by their own names or aliases, any other name is refused`,
		);
	draft.config.providers = { [kind]: apiKey === undefined ? {} : { apiKey }, ...draft.config.providers };
}

/** The value of a setting that is no secret: a variable that it names is read now. */
function readSetting(source: SourceValue | undefined, draft: ImportDraft): string | undefined {
	const text = source?.text();
	const variable = text?.startsWith('os.environ/') ? text.slice('os.environ/'.length) : undefined;
	if (variable === undefined || source === undefined) return text;
	const value = draft.readVariable(variable);
	if (value === undefined)
		draft.refuse(source, `only keys may stay in variables here: set ${variable} and import again, or write it out`);
	else draft.note(source, `what ${variable} holds now is written out`);
	return value;
}

function readEndpoint(entry: Entry, draft: ImportDraft): ImportedEndpoint | null {
	const { params, provider, source } = entry;
	const known = LITELLM_PROVIDERS[provider];
	const written = params.get('api_base') ?? params.get('base_url');
	const address = readSetting(written, draft);
	if (known === undefined || (written !== undefined && address === undefined)) return null;
	if (address !== undefined && parseHttpAddress(address) === null) {
		draft.refuse(written ?? source, 'is no http or https address without user name, password, query or fragment');
		return null;
	}
	if (known.kind === 'azure') return readAzure(params, address, draft);
	if (known.kind === 'bedrock' || known.kind === 'vertex') return readCloud(known.kind, params, draft);
	const endpoint = findServer(entry, address);
	if (endpoint === null) draft.refuse(source, 'needs an api_base: the address of its server');
	return endpoint;
}

function findServer({ provider }: Entry, address: string | undefined): ImportedEndpoint | null {
	const { path = '', ...known } = LITELLM_PROVIDERS[provider] ?? { kind: 'openai-compatible' };
	const trimmed = address?.replace(/\/+$/, '');
	if (trimmed === undefined) {
		const hasAddress = known.kind !== 'openai-compatible' || (known.preset ?? known.baseUrl) !== undefined;
		return hasAddress ? { id: provider.replaceAll('_', '-'), ...known } : null;
	}
	// a server that speaks like OpenAI's; who runs it is not known
	if (provider === 'openai' && new URL(trimmed).hostname !== 'api.openai.com')
		return {
			id: new URL(trimmed).hostname,
			kind: 'openai-compatible',
			baseUrl: trimmed,
		};
	const baseUrl = trimmed.endsWith(path) ? trimmed : `${trimmed}${path}`;
	return { id: provider.replaceAll('_', '-'), ...known, baseUrl };
}

function readAzure(params: SourceValue, address: string | undefined, draft: ImportDraft): ImportedEndpoint | null {
	const apiVersion = readSetting(params.get('api_version'), draft);
	if (address === undefined) {
		draft.refuse(params, 'needs an api_base: the address of the Azure resource');
		return null;
	}
	const { hostname } = new URL(address);
	const resourceName = /^([\w-]+)\.openai\.azure\.com$/.exec(hostname)?.[1];
	const ending = apiVersion === undefined ? '/openai/v1' : '/openai';
	const baseUrl = resourceName === undefined ? `${address.replace(/\/+$/, '')}${ending}` : undefined;
	const cloud = {
		...(resourceName !== undefined && { resourceName }),
		...(apiVersion !== undefined && { apiVersion }),
	};
	return { id: 'azure', kind: 'azure', cloud, ...(baseUrl !== undefined && { baseUrl }) };
}

function readCloud(kind: 'bedrock' | 'vertex', params: SourceValue, draft: ImportDraft): ImportedEndpoint | null {
	const region = readSetting(params.get(kind === 'bedrock' ? 'aws_region_name' : 'vertex_location'), draft);
	const project = kind === 'vertex' ? readSetting(params.get('vertex_project'), draft) : undefined;
	const isIncomplete = kind === 'bedrock' ? region === undefined : project === undefined;
	if (isIncomplete) {
		draft.refuse(params, kind === 'bedrock' ? 'needs an aws_region_name' : 'needs a vertex_project');
		return null;
	}
	const credentials = params.get('vertex_credentials');
	if (credentials !== undefined)
		draft.refuse(
			credentials,
			'Vertex is called with the application-default credentials: name the file in GOOGLE_APPLICATION_CREDENTIALS',
		);
	return { id: kind, kind, cloud: { ...(region && { region }), ...(project && { project }) } };
}

function readAwsKeys(params: SourceValue, draft: ImportDraft): Partial<DeploymentSettings> | undefined {
	const id = params.get('aws_access_key_id');
	const secret = params.get('aws_secret_access_key');
	const session = params.get('aws_session_token');
	if (id === undefined || secret === undefined) return undefined;
	const accessKeyId = draft.toReference(id, 'AWS_ACCESS_KEY_ID');
	const secretAccessKey = draft.toReference(secret, 'AWS_SECRET_ACCESS_KEY');
	const sessionToken = session && draft.toReference(session, 'AWS_SESSION_TOKEN');
	return {
		...(accessKeyId && { accessKeyId }),
		...(secretAccessKey && { secretAccessKey }),
		...(sessionToken && { sessionToken }),
	};
}

function readFacts({ info, params }: Entry, mode: string): ModelFacts {
	const read = (name: string) => info?.get(name)?.amount() ?? params.get(name)?.amount();
	const flag = (name: string) => info?.get(name)?.flag();
	const perToken = (name: string) => {
		const usd = read(name);
		return usd === undefined ? undefined : Number((usd * 1000).toPrecision(12));
	};
	const most = info?.get('max_tokens')?.amount();
	return {
		isEmbedding: mode === 'embedding',
		inputPer1kUsd: perToken('input_cost_per_token'),
		outputPer1kUsd: perToken('output_cost_per_token'),
		contextWindow: read('max_input_tokens') || undefined,
		maxOutputTokens: read('max_output_tokens') ?? most,
		canThink: flag('supports_reasoning'),
		hasVision: flag('supports_vision'),
		hasTools: flag('supports_function_calling'),
	};
}

/** The largest weight that a deployment may have. */
const MAX_WEIGHT = 1000;

/** The part of the requests, where the entries of one name have different parts: the smallest of them counts as 1. */
function findWeight({ name, share }: Entry, entries: readonly Entry[]): number | undefined {
	const shares = entries.flatMap((entry) => (entry.name === name && entry.share ? [entry.share] : []));
	if (share === undefined || share === 0 || new Set(shares).size < 2) return undefined;
	return Math.min(MAX_WEIGHT, Number((share / Math.min(...shares)).toFixed(2)));
}

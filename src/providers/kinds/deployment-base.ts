import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { Dispatcher } from 'undici';
import type { ModelProfile, WireFormatName } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { type AddressPolicy, parseBaseUrl } from '../address-guard.ts';
import type { Deployment, DeploymentAccess, Endpoint, EndpointCall } from '../deployment.ts';
import { createFittingFetch } from '../library-fetch.ts';
import { withReadableAnswers } from './readable-fetch.ts';

/** What every kind of deployment is built with. */
export interface DeploymentContext {
	policy: AddressPolicy;
	/** Connections of client libraries; made on first use. */
	dispatcher: () => Dispatcher | Promise<Dispatcher>;
}

/** A deployment's address. */
export interface BaseAddress {
	origin: string;
	/** Path before the format's own, without a slash at the end. */
	prefix: string;
}

/** The address that is called: the configured one, else the kind's own; without `ending`, with which the paths begin. */
export function resolveBaseAddress(
	access: Pick<DeploymentAccess, 'id' | 'baseUrl'>,
	context: DeploymentContext,
	{ own, ending }: { own: string; ending?: string },
): BaseAddress {
	const url = parseBaseUrl(access.baseUrl ?? own, `deployments "${access.id}".baseUrl`, context.policy);
	const path = url.pathname.replace(/\/+$/, '');
	const prefix = ending !== undefined && path.endsWith(ending) ? path.slice(0, -ending.length) : path;
	return { origin: url.origin, prefix };
}

/** Credentials as headers: under the format's own name, as a bearer token, or none. */
export function createCredentialHeaders(
	{ auth, apiKey }: Pick<DeploymentAccess, 'auth' | 'apiKey'>,
	header: 'authorization' | 'x-api-key' | 'x-goog-api-key' | 'api-key',
): Readonly<Record<string, string>> {
	if (auth === 'none' || apiKey === undefined) return {};
	return auth === 'bearer' || header === 'authorization' ? { authorization: `Bearer ${apiKey}` } : { [header]: apiKey };
}

/** Shorter texts are no secrets, and replacing them would garble words. */
const MIN_SECRET_CHARACTERS = 6;

/** Replaces a credential's secrets, in whatever shape, by `[masked]`. */
function createRedactor({ apiKey, aws }: Pick<DeploymentAccess, 'apiKey' | 'aws'>): (text: string) => string {
	const secrets = [apiKey, aws?.secretAccessKey, aws?.sessionToken].filter(
		(secret) => secret !== undefined && secret.length >= MIN_SECRET_CHARACTERS,
	);
	return (text) => secrets.reduce<string>((redacted, secret) => redacted.replaceAll(String(secret), '[masked]'), text);
}

/** The parts of a deployment that are the same for every kind. */
export function createDeploymentBase(
	access: DeploymentAccess,
	toDeploymentId: (modelId: string) => string = (modelId) => modelId,
): Pick<
	Deployment,
	| 'id'
	| 'kind'
	| 'provider'
	| 'credential'
	| 'redact'
	| 'getModelId'
	| 'billsAfterDisconnect'
	| 'passTraceContext'
	| 'priority'
	| 'weight'
> {
	return {
		id: access.id,
		kind: access.kind,
		provider: access.provider,
		credential: access.credential,
		redact: createRedactor(access),
		billsAfterDisconnect: access.billsAfterDisconnect,
		passTraceContext: access.passTraceContext,
		priority: access.priority,
		weight: access.weight,
		getModelId: ({ name, provider, modelId }: ModelProfile) => {
			if (Object.hasOwn(access.models, name)) return access.models[name] ?? null;
			return provider === access.provider ? toDeploymentId(modelId) : null;
		},
	};
}

/** Headers in which client libraries send credentials. */
const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'] as const;

/** Given to client libraries that insist on a key; it is never sent. */
export const PLACEHOLDER_KEY = 'not-sent';

/** Answers that are at hand, by the signal of the call that is to get them. */
const ANSWERS_AT_HAND = new WeakMap<AbortSignal, string>();

/** The signal of a call of a client library that is answered with this JSON; nothing is sent. */
export function createAnsweredSignal(body: JsonObject): AbortSignal {
	const { signal } = new AbortController();
	ANSWERS_AT_HAND.set(signal, JSON.stringify(body));
	return signal;
}

/** Signals of calls that a client library has begun to send. */
const SENT = new WeakSet<AbortSignal>();

/** Whether a client library has begun to send the call with this signal: before that it was still converting it. */
export function wasSent(signal: AbortSignal): boolean {
	return SENT.has(signal);
}

/**
 * A client library's `fetch`, restricted to the deployment's origin. `headers` are its credentials, in place of whatever
 * the library would send; without them the library's own are sent.
 */
export function createLibraryFetch(
	{ id }: Pick<DeploymentAccess, 'id'>,
	{ dispatcher }: DeploymentContext,
	{ headers, origin }: { origin: string; headers?: () => Promise<Readonly<Record<string, string>>> },
): typeof fetch {
	const without = headers === undefined ? [] : CREDENTIAL_HEADERS;
	return async (input, init) => {
		if (init?.signal != null) SENT.add(init.signal);
		const atHand = init?.signal == null ? undefined : ANSWERS_AT_HAND.get(init.signal);
		if (atHand !== undefined) return new Response(atHand, { headers: { 'content-type': 'application/json' } });
		// Loads undici, which most commands and every direct import of the library do without.
		const { createGuardedFetch } = await import('../guarded-fetch.ts');
		return await createGuardedFetch({ id, origin, dispatcher, headers, without })(input, init);
	};
}

/** What a kind adds to a deployment whose key is sent in a header of every request. */
interface KeyedKind extends Pick<Deployment, 'formats'> {
	/** The kind's own address. */
	own: string;
	/** A part with which the format's paths begin: a base URL may be written with it or without. */
	ending?: string;
	keyHeader: Parameters<typeof createCredentialHeaders>[1];
	/** Headers beside the key that requests in the deployment's own formats need. */
	headers?: Readonly<Record<string, string>>;
	/** Path below the base address; `null` for what is not served. */
	getPath(call: EndpointCall): string | null;
	/** The wire format that the client library speaks. */
	answerFormat: WireFormatName;
	/** As of a deployment. */
	isCompatible?: boolean;
	/** The model of the client library; its key is never sent. */
	openModel(
		modelId: string,
		library: { baseURL: string; apiKey: string; fetch: typeof fetch },
	): Promise<LanguageModelV4>;
}

/** A deployment that knows its endpoints without waiting. */
interface KeyedDeployment extends Deployment {
	endpoint(call: EndpointCall): Endpoint | null;
}

/** A deployment whose key is sent in a header of every request. */
export function createKeyedDeployment(
	access: DeploymentAccess,
	context: DeploymentContext,
	{ answerFormat, formats, getPath, headers, isCompatible, keyHeader, openModel, ...address }: KeyedKind,
): KeyedDeployment {
	const { origin, prefix } = resolveBaseAddress(access, context, address);
	const credentials = createCredentialHeaders(access, keyHeader);
	const fetch = withReadableAnswers(
		createLibraryFetch(access, context, { origin, headers: async () => credentials }),
		answerFormat,
	);
	return {
		...createDeploymentBase(access),
		origin,
		formats,
		...(isCompatible && { isCompatible }),
		getAnswerFormat: () => answerFormat,
		endpoint(call) {
			const path = getPath(call);
			return path === null ? null : { origin, path: `${prefix}${path}`, headers: { ...credentials, ...headers } };
		},
		languageModel: (modelId, fitting) =>
			openModel(modelId, {
				baseURL: `${origin}${prefix}`,
				apiKey: PLACEHOLDER_KEY,
				fetch: createFittingFetch(fetch, { ...fitting, format: answerFormat, modelId, isCompatible }),
			}),
	};
}

/** A model whose calls are made with changed options. */
export function withCallOptions(
	model: LanguageModelV4,
	change: (options: LanguageModelV4CallOptions) => LanguageModelV4CallOptions,
): LanguageModelV4 {
	return {
		specificationVersion: model.specificationVersion,
		provider: model.provider,
		modelId: model.modelId,
		supportedUrls: model.supportedUrls,
		doGenerate: async (options) => await model.doGenerate(change(options)),
		doStream: async (options) => await model.doStream(change(options)),
	};
}

/**
 * What follows `import('…').catch(…)` of a package that only some deployments need. The import and its `catch` stay in one
 * expression: by it bundlers know that the package may be missing.
 * @throws InvalidConfigError naming what to install
 */
export function explainMissingPackage(id: string, name: string): (cause: unknown) => never {
	return (cause) => {
		const { code = '', message: found = '' } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {};
		// Node's code for `import`, the one for `require` in a CommonJS bundle, and what vite puts into a bundle.
		const isMissing = /^(?:ERR_)?MODULE_NOT_FOUND$/.test(code) || found.startsWith(`Could not resolve "${name}`);
		if (!isMissing) throw cause;
		const message = `needs the package ${name}, which is not installed. Run: npm install ${name}`;
		throw new InvalidConfigError([{ path: `deployments "${id}"`, message }], { cause });
	};
}

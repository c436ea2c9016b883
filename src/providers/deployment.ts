import type { IncomingHttpHeaders } from 'node:http';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { EndpointOperation, ModelProfile, WireFormatName } from '../contracts/index.ts';
import type { CallFitting } from './library-fetch.ts';

/** What kinds of endpoints models are called at. */
export const DEPLOYMENT_KINDS = [
	'anthropic',
	'openai',
	'google',
	'openai-compatible',
	'bedrock',
	'azure',
	'vertex',
] as const;
/** What kind of endpoint models are called at. */
export type DeploymentKind = (typeof DEPLOYMENT_KINDS)[number];

/** Names of the known servers that speak OpenAI's format. */
export const PRESET_NAMES = ['ollama', 'vllm', 'groq', 'deepseek', 'mistral', 'openrouter'] as const;
/** One of the known servers. */
export type DeploymentPresetName = (typeof PRESET_NAMES)[number];

/**
 * How a credential is sent: in the kind's own way, as a bearer token, or not at all; `passthrough`: that of the caller's own
 * client in place of one of the deployment's.
 */
export const DEPLOYMENT_AUTHS = ['api-key', 'bearer', 'none', 'passthrough'] as const;
/** How a credential is sent. */
export type DeploymentAuth = (typeof DEPLOYMENT_AUTHS)[number];

/** What Amazon's request signatures are made with. */
export interface AwsCredential {
	accessKeyId: string;
	secretAccessKey: string;
	sessionToken?: string;
}

/** Everything a deployment is made of. Holds secrets: never log it. */
export interface DeploymentAccess {
	/** Unique; in logs, headers and rows. */
	id: string;
	kind: DeploymentKind;
	/** Names the credential without holding it, e.g. `env:ANTHROPIC_API_KEY`, `application-default`, `none`. */
	credential: string;
	auth: DeploymentAuth;
	apiKey?: string | undefined;
	aws?: AwsCredential | undefined;
	/** Address in place of the kind's own. */
	baseUrl?: string | undefined;
	region?: string | undefined;
	/** Google Cloud project. */
	project?: string | undefined;
	/** Azure resource. */
	resourceName?: string | undefined;
	/** Azure API version; without it the v1 surface is used. */
	apiVersion?: string | undefined;
	/** The catalog's provider all of whose models are served; `null`: only those listed in `models`. */
	provider: string | null;
	/** The model's id at this deployment, by the catalog's name. */
	models: Readonly<Record<string, string>>;
	/** Whoever leaves a stream pays for the whole answer all the same. @default false */
	billsAfterDisconnect?: boolean | undefined;
	/** Neighbours in the list with the same priority share the requests; without one its place decides alone. @default none */
	priority?: number | undefined;
	/** Share of the requests among deployments of one priority, > 0. @default 1 */
	weight?: number | undefined;
	/** It gets the trace context of requests: `traceparent` and `tracestate`. @default false */
	passTraceContext?: boolean | undefined;
}

/** A model's endpoint as the configuration describes it. Secrets only as `env:NAME`. */
export interface DeploymentSettings {
	/** Unique; `anthropic`, `openai` and `google` are those of `providers`. */
	id: string;
	kind: DeploymentKind;
	/** A known server that speaks OpenAI's format: its address and key variable. */
	preset?: DeploymentPresetName;
	apiKey?: string;
	/** @default 'api-key'; 'none' where a preset needs no key */
	auth?: DeploymentAuth;
	baseUrl?: string;
	/** Bedrock and Vertex. @default Vertex: 'global' */
	region?: string;
	/** Vertex: the Google Cloud project. */
	project?: string;
	/** Azure: the resource's name. */
	resourceName?: string;
	/** Azure: a dated API version; without it the v1 surface is used. */
	apiVersion?: string;
	/** Bedrock without an API key. @default AWS's own variables */
	accessKeyId?: string;
	secretAccessKey?: string;
	sessionToken?: string;
	/** The catalog's provider all of whose models are served. @default the kind's or preset's own, unless `models` lists some */
	provider?: string;
	/** Models served here, by name, each with its id at this deployment. */
	models?: Record<string, string>;
	/** Lower is tried first; those of one priority share the requests. @default 100 */
	priority?: number;
	/** Share of the requests among deployments of one priority, > 0 to 1000: 3 gets three times as many as 1. @default 1 */
	weight?: number;
	/** Whoever leaves a stream pays for the whole answer all the same. @default what is known of the kind or preset */
	billsAfterDisconnect?: boolean;
	/** Send the trace context of requests along: `traceparent` and `tracestate`. @default false */
	passTraceContext?: boolean;
}

/** The priority of a deployment that names none, those of `providers` too. */
export const DEFAULT_DEPLOYMENT_PRIORITY = 100;
/** The priority of one with the login of the caller's client, which is tried before keys that cost money. */
export const DEFAULT_LOGIN_PRIORITY = 50;

/** Where a request in one of the deployment's own formats is sent. Holds a secret: never log it. */
export interface Endpoint {
	/** e.g. `https://api.anthropic.com`. */
	origin: string;
	/** Path and query. */
	path: string;
	/** Credentials and the format's version headers, names in lower case. */
	headers: Readonly<Record<string, string>>;
}

/** What is to be sent. */
export interface EndpointCall {
	format: WireFormatName;
	/** The id of the model at this deployment. */
	modelId: string;
	operation: EndpointOperation;
}

/** Makes of a deployment what one request calls, with the login that its client sent. */
export interface CallerLogin {
	/** `null` where the request has no login of this provider, or another format than the provider's. */
	bind(request: { headers: IncomingHttpHeaders; format: WireFormatName }): Deployment | null;
}

/** A provider's endpoint with one credential: what a model is called at. */
export interface Deployment {
	/** Unique; in logs, headers and rows. */
	readonly id: string;
	/** The catalog's provider whose models it serves, e.g. `anthropic`; `null` when it serves only the models it lists. */
	readonly provider: string | null;
	/** What kind of endpoint it is, where that is known. */
	readonly kind?: DeploymentKind | undefined;
	/** It is OpenRouter, which routes by preferences in the request. @default false */
	readonly takesPreferences?: boolean | undefined;
	/** Names the credential without holding it, e.g. `env:ANTHROPIC_API_KEY`: deployments that share one are refused together. */
	readonly credential: string;
	/** A text without this deployment's secrets: providers repeat the key they were called with in their errors. */
	readonly redact: (text: string) => string;
	/** Where it is called, e.g. `https://api.anthropic.com`: no path, no credentials. @default nobody is told */
	readonly origin?: string | undefined;
	/** Formats whose bytes it takes as they come. */
	readonly formats: readonly WireFormatName[];
	/** Region whose rates apply, as `Usage.region` names it. */
	readonly region?: string;
	/** Whoever leaves a stream pays for the whole answer all the same: its length is limited in the request. @default false */
	readonly billsAfterDisconnect?: boolean | undefined;
	/** As in `DeploymentAccess`. */
	readonly priority?: number | undefined;
	/** As in `DeploymentAccess`. */
	readonly weight?: number | undefined;
	/** As in `DeploymentAccess`. */
	readonly passTraceContext?: boolean | undefined;
	/** The model's id here; `null` when it is not served here. */
	getModelId(profile: ModelProfile): string | null;
	/** `null` when the operation is not served in that format. Credentials that must be fetched (Vertex) make it wait. */
	endpoint(call: EndpointCall): Promise<Endpoint | null> | Endpoint | null;
	/** The wire format in which the provider answers `languageModel`; `null` or absent where it is none of them (Bedrock). */
	getAnswerFormat?(modelId: string): WireFormatName | null;
	/** It is called with the login of each request's own client: by itself it has none, and cannot be called. */
	readonly login?: CallerLogin | undefined;
	/** What is called there is on a plan of the caller's: failures of the login are the caller's to see. @default false */
	readonly isCallersLogin?: boolean | undefined;
	/** It is served by somebody else than the company that made its format, whose rules for each model do not hold. @default false */
	readonly isCompatible?: boolean;
	/** The model in the neutral form, for callers of another format; its package is loaded on first use. Requests are fitted to it. */
	languageModel(modelId: string, fitting?: CallFitting): Promise<LanguageModelV4>;
}

import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { EndpointOperation, ModelProfile, WireFormatName } from '../contracts/index.ts';

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

/** A provider's endpoint with one credential: what a model is called at. */
export interface Deployment {
	/** Unique; in logs, headers and rows. */
	readonly id: string;
	/** The catalog's provider whose models it serves, e.g. `anthropic`; `null` when it serves only the models it lists. */
	readonly provider: string | null;
	/** Names the credential without holding it, e.g. `env:ANTHROPIC_API_KEY`: deployments that share one are refused together. */
	readonly credential: string;
	/** A text without this deployment's secrets: providers repeat the key they were called with in their errors. */
	readonly redact: (text: string) => string;
	/** Formats whose bytes it takes as they come. */
	readonly formats: readonly WireFormatName[];
	/** Region whose rates apply, as `Usage.region` names it. */
	readonly region?: string;
	/** The model's id here; `null` when it is not served here. */
	getModelId(profile: ModelProfile): string | null;
	/** `null` when the operation is not served in that format. Credentials that must be fetched (Vertex) make it wait. */
	endpoint(call: EndpointCall): Promise<Endpoint | null> | Endpoint | null;
	/** The model in the neutral form, for callers of another format; its package is loaded on first use. */
	languageModel(modelId: string): Promise<LanguageModelV4>;
}

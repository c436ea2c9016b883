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

/** How a credential is sent: in the kind's own way, as a bearer token, or not at all. */
export const DEPLOYMENT_AUTHS = ['api-key', 'bearer', 'none'] as const;
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
	apiKey?: string;
	aws?: AwsCredential;
	/** Address in place of the kind's own. */
	baseUrl?: string;
	region?: string;
	/** Google Cloud project. */
	project?: string;
	/** Azure resource. */
	resourceName?: string;
	/** Azure API version; without it the v1 surface is used. */
	apiVersion?: string;
	/** The catalog's provider all of whose models are served; `null`: only those listed in `models`. */
	provider: string | null;
	/** The model's id at this deployment, by the catalog's name. */
	models: Readonly<Record<string, string>>;
}

/** The formats in which callers and providers speak. */
export const WIRE_FORMATS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;
/** One of the formats in which callers and providers speak. */
export type WireFormatName = (typeof WIRE_FORMATS)[number];

/** What is asked of a provider's endpoint. */
export type EndpointOperation = 'generate' | 'stream' | 'count-tokens' | 'embeddings';

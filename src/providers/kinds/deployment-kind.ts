import type { Deployment, DeploymentAccess, DeploymentSettings } from '../deployment.ts';
import type { DeploymentContext } from './deployment-base.ts';

/** An environment variable that a credential is read from. */
export interface CredentialVariable {
	name: string;
	description: string;
	example: string;
}

/** Something wrong with a deployment's settings, by the path within them. */
export interface DeploymentIssue {
	path: readonly (string | number)[];
	message: string;
}

/** What a deployment is called with. Holds secrets: never log it. */
export type Credential = Pick<DeploymentAccess, 'credential' | 'auth' | 'apiKey' | 'aws'>;

/** Variables that were looked for in vain, and the setting that would name others. */
export interface MissingVariables {
	variables: readonly string[];
	field: string;
}

/** Settings that have a meaning for some kinds only. */
export const KIND_FIELDS = [
	'preset',
	'region',
	'project',
	'resourceName',
	'apiVersion',
	'accessKeyId',
	'secretAccessKey',
	'sessionToken',
	'provider',
	'auth',
] as const;
/** A setting that has a meaning for some kinds only. */
type KindField = (typeof KIND_FIELDS)[number];

/** Settings, or the access made of them, as far as a kind checks them. */
export type CheckedSettings = Pick<DeploymentSettings, 'preset'> &
	Partial<Pick<DeploymentAccess, 'apiKey' | 'auth' | 'baseUrl' | 'project' | 'region' | 'resourceName'>>;

/** What the text of a provider's error means where its HTTP status does not tell. */
export type FailureMeaning = 'no-credit' | 'key-refused';

/** Everything that is particular to one kind of deployment. */
export interface DeploymentKindDefinition {
	/** Connects and loads nothing before the deployment is used. @throws InvalidConfigError for an address that may not be called */
	create(access: DeploymentAccess, context: DeploymentContext): Deployment;
	/**
	 * Whoever leaves a stream pays for the whole answer all the same, where the settings do not say. @default false
	 * Source: https://openrouter.ai/docs/api-reference/streaming#stream-cancellation (2026-11-28)
	 */
	billsAfterDisconnect?: true;
	/** It may be called with the login that the caller's client sends (`"auth": "passthrough"`). @default false */
	takesLogins?: true;
	/** Settings that it takes beside those of every kind. */
	fields: readonly KindField[];
	/** The catalog's provider all of whose models it serves where the settings say nothing else; `null`: none. */
	provider: string | null;
	/** Where its key is looked for when the configuration names no variable; the first that is set counts. */
	keyVariables: readonly CredentialVariable[];
	/** Variables that it reads beside them, for the reference. */
	otherVariables?: readonly CredentialVariable[];
	/** Another credential where no key is set. @default none is needed if it has no key variables */
	resolveCredential?(
		settings: DeploymentSettings,
		readVariable: (name: string) => string | undefined,
	): Credential | MissingVariables;
	/** What is missing from its settings, or contradicts itself. */
	check(settings: CheckedSettings): DeploymentIssue[];
	/** Texts of its provider's errors. They are looked for in every kind's errors: an endpoint may relay another's. */
	explain: ReadonlyArray<readonly [text: RegExp, meaning: FailureMeaning]>;
}

/** An issue of one setting. */
export function issueOf(field: keyof DeploymentSettings, message: string): DeploymentIssue {
	return { path: [field], message };
}

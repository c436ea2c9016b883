import type { GoogleVertexAnthropicProviderSettings } from '@ai-sdk/google-vertex/anthropic';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { GoogleAuth } from 'google-auth-library';
import type { WireFormatName } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import type { Deployment, DeploymentAccess } from '../deployment.ts';
import { createFittingFetch } from '../library-fetch.ts';
import { withOutputLimit } from './anthropic.ts';
import {
	type BaseAddress,
	createCredentialHeaders,
	createDeploymentBase,
	createLibraryFetch,
	type DeploymentContext,
	explainMissingPackage,
	PLACEHOLDER_KEY,
	resolveBaseAddress,
} from './deployment-base.ts';
import {
	type CheckedSettings,
	type DeploymentIssue,
	type DeploymentKindDefinition,
	issueOf,
} from './deployment-kind.ts';
import { getGeminiPath, withThoughts } from './google.ts';
import { withReadableAnswers } from './readable-fetch.ts';

const PACKAGE = '@ai-sdk/google-vertex';

/** Claude's ids at Google: the date follows an `@`. */
function toVertexModelId(modelId: string): string {
	return modelId.startsWith('claude-') ? modelId.replace(/-(\d{8})$/, '@$1') : modelId;
}

function getVertexHost(region: string): string {
	if (region === 'global') return 'aiplatform.googleapis.com';
	return region === 'us' || region === 'eu'
		? `aiplatform.${region}.rep.googleapis.com`
		: `${region}-aiplatform.googleapis.com`;
}

/** Where the publishers' models are. Without a project an API key is enough (express mode). */
function resolveVertexAddress(access: DeploymentAccess, region: string, context: DeploymentContext): BaseAddress {
	const { project } = access;
	const { origin, prefix } = resolveBaseAddress(access, context, { own: `https://${getVertexHost(region)}` });
	const path = project === undefined ? '/v1/publishers' : `/v1beta1/projects/${project}/locations/${region}/publishers`;
	return { origin, prefix: `${prefix}${path}` };
}

function getVertexFormat(modelId: string): WireFormatName {
	return modelId.startsWith('claude-') ? 'anthropic-messages' : 'gemini';
}

function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	const { id, region = 'global', project, apiKey } = access;
	const { origin, prefix } = resolveVertexAddress(access, region, context);
	const getToken = createGoogleTokenSource({ id, project });
	const headers = async () =>
		apiKey === undefined
			? { authorization: `Bearer ${await getToken()}` }
			: createCredentialHeaders(access, 'x-goog-api-key');
	return {
		...createDeploymentBase(access, toVertexModelId),
		origin,
		formats: ['gemini'],
		region,
		getAnswerFormat: getVertexFormat,
		async endpoint(call) {
			const path = call.modelId.startsWith('claude-') ? null : getGeminiPath(call);
			return path === null ? null : { origin, path: `${prefix}/google${path}`, headers: await headers() };
		},
		async languageModel(modelId, fitting) {
			const format = getVertexFormat(modelId);
			const fetch = createFittingFetch(
				withReadableAnswers(createLibraryFetch(access, context, { origin, headers }), format),
				{
					...fitting,
					format,
					modelId,
				},
			);
			if (modelId.startsWith('claude-'))
				return await createAnthropicAtVertex({ id, modelId, baseURL: `${origin}${prefix}/anthropic/models`, fetch });
			const { createGoogleVertex } = await import('@ai-sdk/google-vertex').catch(explainMissingPackage(id, PACKAGE));
			const library = createGoogleVertex({ apiKey: PLACEHOLDER_KEY, baseURL: `${origin}${prefix}/google`, fetch });
			return withThoughts(library(modelId));
		},
	};
}

type AuthOptions = NonNullable<GoogleVertexAnthropicProviderSettings['googleAuthOptions']>;

/** Claude at Google. `fetch` adds the credentials. */
async function createAnthropicAtVertex(model: {
	/** The deployment's. */
	id: string;
	modelId: string;
	baseURL: string;
	fetch: typeof fetch;
}): Promise<LanguageModelV4> {
	const { id, modelId, baseURL, fetch } = model;
	const { createVertexAnthropic } = await import('@ai-sdk/google-vertex/anthropic').catch(
		explainMissingPackage(id, PACKAGE),
	);
	// Only a token is asked of it, which `fetch` replaces: without it the library would look for an identity of its own.
	const authClient = {
		getAccessToken: async () => ({ token: PLACEHOLDER_KEY }),
	} as unknown as AuthOptions['authClient'];
	const googleAuthOptions = { authClient } as AuthOptions;
	return await withOutputLimit(createVertexAnthropic({ baseURL, fetch, googleAuthOptions })(modelId));
}

/** Tokens of the application's own Google identity; the library keeps them until they expire. */
function createGoogleTokenSource({ id, project }: { id: string; project?: string | undefined }): () => Promise<string> {
	let auth: GoogleAuth | null = null;
	return async () => {
		if (auth === null) {
			const library = await import('google-auth-library').catch(explainMissingPackage(id, 'google-auth-library'));
			const scopes = 'https://www.googleapis.com/auth/cloud-platform';
			auth ??= new library.GoogleAuth({ scopes, ...(project !== undefined && { projectId: project }) });
		}
		try {
			const token = await auth.getAccessToken();
			if (typeof token === 'string' && token !== '') return token;
			throw new Error('Google gave no token.');
		} catch (cause) {
			const message =
				'has no Google credentials. Run "gcloud auth application-default login", set GOOGLE_APPLICATION_CREDENTIALS, or name a token as apiKey with "auth": "bearer"';
			throw new InvalidConfigError([{ path: `deployments "${id}"`, message }], { cause });
		}
	};
}

function check({ apiKey, auth, project }: CheckedSettings): DeploymentIssue[] {
	const issues: DeploymentIssue[] = [];
	if (project === undefined && (apiKey === undefined || auth === 'bearer'))
		issues.push(issueOf('project', 'is missing: write the Google Cloud project, or an apiKey for express mode'));
	if (auth === 'bearer' && apiKey === undefined)
		issues.push(issueOf('apiKey', 'is missing: name the variable of the token, or leave out "auth"'));
	return issues;
}

/** Google Cloud Vertex AI: Gemini, and Claude at Google; with an API key, a token, or the application's own Google identity. */
export const vertex: DeploymentKindDefinition = {
	billsAfterDisconnect: true,
	create,
	fields: ['auth', 'project', 'provider', 'region'],
	provider: null,
	keyVariables: [],
	resolveCredential: ({ auth = 'api-key' }) => ({ credential: 'application-default', auth }),
	check,
	explain: [],
};

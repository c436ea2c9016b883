/** @module Ways to call a provider. */

import type { Provider } from '../contracts/index.ts';
import { type AnthropicOptions, createAnthropicProvider } from './anthropic/index.ts';
import { createGoogleProvider } from './google/index.ts';
import { createOpenAiProvider } from './openai/index.ts';
import type { ProviderAccess } from './shared/http-call.ts';

export { type AddressPolicy, createGuardedLookup } from './address-guard.ts';
export { type CheckDeploymentOptions, checkDeployment, type DeploymentCheck } from './check-deployment.ts';
export { createDeployments, type DeploymentOptions, getServedModels } from './create-deployments.ts';
export type { Deployment, Endpoint, EndpointCall } from './deployment.ts';
export {
	convertSdkError,
	createConnectionError,
	createInvalidAnswerError,
	createRedirectError,
	createUpstreamTarget,
	type HeaderReader,
	parseErrorResponse,
	type UpstreamTarget,
} from './errors.ts';
export {
	type HeaderLookup,
	type LimitedRequest,
	type LimitedTarget,
	LimitTracker,
	parseLimitHeaders,
	type UpstreamLimit,
	type UpstreamLimits,
} from './limits.ts';
export {
	type AnthropicOptions,
	createAnthropicProvider,
	createGoogleProvider,
	createOpenAiProvider,
	type ProviderAccess,
};

/** Access to each provider that can be called. Holds secrets: never log it. */
export interface ProviderCredentials {
	anthropic?: ProviderAccess;
	openai?: ProviderAccess;
	google?: ProviderAccess;
}

/** A provider for each access, by its name. */
export function createProviders(
	credentials: ProviderCredentials,
	options: { anthropic?: AnthropicOptions } = {},
): ReadonlyMap<string, Provider> {
	const { anthropic, openai, google } = credentials;
	const providers = [
		...(anthropic === undefined ? [] : [createAnthropicProvider(anthropic, options.anthropic)]),
		...(openai === undefined ? [] : [createOpenAiProvider(openai)]),
		...(google === undefined ? [] : [createGoogleProvider(google)]),
	];
	return new Map(providers.map((provider) => [provider.name, provider]));
}

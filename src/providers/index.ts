/** @module Ways to call a provider. */
import type { Provider } from '../contracts/index.ts';
import { type AnthropicOptions, createAnthropicProvider } from './anthropic/index.ts';
import { createGoogleProvider } from './google/index.ts';
import { createOpenAiProvider } from './openai/index.ts';
import type { ProviderAccess } from './shared/http-call.ts';

export { type CheckDeploymentOptions, checkDeployment } from './check-deployment.ts';
export { createDeployments, type DeploymentOptions } from './create-deployments.ts';
export type { DeploymentCheck } from './explain-call-failure.ts';
export { servedModels } from './served-models.ts';
export { type CalledModel, calledModel, connectionError, invalidAnswer, redirectAnswer } from './shared/call-error.ts';
export type { Deployment, Endpoint, EndpointCall } from './shared/deployment.ts';
export { type AddressPolicy, createGuardedLookup } from './shared/guard-address.ts';
export { type LimitedRequest, type LimitedTarget, LimitWatch } from './shared/limit-watch.ts';
export { type HeaderReader, readError } from './shared/read-error.ts';
export {
	type HeaderLookup,
	readUpstreamLimits,
	type UpstreamLimit,
	type UpstreamLimits,
} from './shared/read-limits.ts';
export { readSdkError } from './shared/sdk-error.ts';
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

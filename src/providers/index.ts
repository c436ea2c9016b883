/** @module Ways to call a provider. */

export { type AddressPolicy, createGuardedLookup } from './address-guard.ts';
export { type CheckDeploymentOptions, checkDeployment, type DeploymentCheck } from './check-deployment.ts';
export { createDeployments, type DeploymentOptions } from './create-deployments.ts';
export type { Deployment, Endpoint, EndpointCall } from './deployment.ts';
export { DeploymentTable } from './deployment-table.ts';
export {
	convertSdkError,
	createConnectionError,
	createInvalidAnswerError,
	createRedirectError,
	createRefusalError,
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

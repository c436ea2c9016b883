/** @module Ways to call a provider. */

export { type AddressPolicy, createGuardedLookup, describeForbiddenHost } from './address-guard.ts';
export { checkDeployment, type DeploymentCheck } from './check-deployment.ts';
export { createDeployments, type DeploymentOptions } from './create-deployments.ts';
export {
	type AwsCredential,
	DEFAULT_DEPLOYMENT_PRIORITY,
	DEPLOYMENT_AUTHS,
	DEPLOYMENT_KINDS,
	type Deployment,
	type DeploymentAccess,
	type DeploymentAuth,
	type DeploymentKind,
	type DeploymentPresetName,
	type DeploymentSettings,
	type Endpoint,
	type EndpointCall,
	PRESET_NAMES,
} from './deployment.ts';
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
	type Credential,
	DEPLOYMENT_PRESETS,
	type DeploymentIssue,
	KIND_DEFINITIONS,
	KIND_FIELDS,
	type MissingVariables,
	resolveServedProvider,
} from './kinds/index.ts';
export { LimitTracker } from './limits.ts';

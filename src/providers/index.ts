/** @module Ways to call a provider. */

export { type AddressPolicy, createGuardedLookup, describeForbiddenHost } from './address-guard.ts';
export { checkDeployment, type DeploymentCheck } from './check-deployment.ts';
export { createConnector, createProxyFetch } from './connector.ts';
export { createDeployments, type DeploymentOptions } from './create-deployments.ts';
export * from './deployment.ts';
export { DeploymentTable, takesFormat } from './deployment-table.ts';
export * from './errors.ts';
export * from './kinds/index.ts';
export type { CallFitting } from './library-fetch.ts';
export { LimitTracker } from './limits.ts';
export { type PlanWindow, selectPlanHeaders } from './plan-limits.ts';
export { type ProxySettings, readProxySettings } from './proxy.ts';
export { callWithoutRefused, type RefusableCall, RefusalMemory } from './refusal-memory.ts';
export * from './sdk-errors.ts';

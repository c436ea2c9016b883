/** @module What is particular to each kind of deployment. */

import type { DeploymentKind, DeploymentSettings } from '../deployment.ts';
import { anthropic } from './anthropic.ts';
import { azure } from './azure.ts';
import { bedrock } from './bedrock.ts';
import type { DeploymentKindDefinition } from './deployment-kind.ts';
import { google } from './google.ts';
import { openai } from './openai.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { vertex } from './vertex.ts';

export { createAnsweredSignal, type DeploymentContext, wasSent } from './deployment-base.ts';
export {
	type Credential,
	type DeploymentIssue,
	type DeploymentKindDefinition,
	type FailureMeaning,
	KIND_FIELDS,
	type MissingVariables,
} from './deployment-kind.ts';
export { DEPLOYMENT_PRESETS } from './openai-compatible.ts';
export { getReceivedAnswer, listLeftOut } from './readable-fetch.ts';

/** One record for each kind. */
export const KIND_DEFINITIONS: Readonly<Record<DeploymentKind, DeploymentKindDefinition>> = {
	anthropic,
	openai,
	google,
	'openai-compatible': openaiCompatible,
	azure,
	bedrock,
	vertex,
};

/** The provider all of whose models a deployment serves; `null` when it serves only those it lists. */
export function resolveServedProvider({ kind, models, preset, provider }: DeploymentSettings): string | null {
	if (provider !== undefined) return provider;
	return models === undefined ? (preset ?? KIND_DEFINITIONS[kind].provider) : null;
}

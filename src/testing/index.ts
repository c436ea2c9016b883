/** @module Public test tools: contract suites, the provider simulator, a clock moved by hand. */

export type { EndpointOperation, WireFormatName } from '../contracts/index.ts';
export {
	type ContractEndpoint,
	type DeploymentContractOptions,
	type DeploymentUnderTest,
	deploymentContract,
	type NeutralCall,
} from './deployment-contract.ts';
export { ManualClock } from './manual-clock.ts';
export {
	type AnswerFault,
	type ProviderSimulator,
	type ScriptedCitation,
	type ScriptedFault,
	type ScriptedToolCall,
	type SimulatedFault,
	type SimulatedModel,
	type SimulatedRateLimit,
	type SimulatedRequest,
	type SimulatedTokenizer,
	type SimulatorOptions,
	type StatusFault,
	startProviderSimulator,
	type WholeFault,
} from './simulator/index.ts';
export { type StorageContractOptions, storageContract } from './storage-contract/index.ts';

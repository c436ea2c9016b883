/** @module Public test tools: a clock moved by hand, and the promises every storage backend must keep. */

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
	type SimulatorOptions,
	type StatusFault,
	startProviderSimulator,
	type WholeFault,
} from './simulator/index.ts';
export { type StorageContractOptions, storageContract } from './storage-contract.ts';

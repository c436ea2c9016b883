/** @module Public test tools: a clock moved by hand, and the promises every storage backend must keep. */

export { type DeploymentContractOptions, type DeploymentUnderTest, deploymentContract } from './deployment-contract.ts';
export { ManualClock } from './manual-clock.ts';
export {
	type ProviderSimulator,
	type ScriptedCitation,
	type ScriptedFault,
	type ScriptedToolCall,
	type SimulatedFault,
	type SimulatedModel,
	type SimulatedRateLimit,
	type SimulatedRequest,
	type SimulatorOptions,
	startProviderSimulator,
} from './simulator/index.ts';
export { type StorageContractCase, type StorageContractOptions, storageContract } from './storage-contract.ts';

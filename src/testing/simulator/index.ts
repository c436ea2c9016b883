/** @module A provider that is none: real wire formats on loopback, with scripted latency, tools, reasoning and faults. */
export { type ProviderSimulator, startProviderSimulator } from './provider-simulator.ts';
export type {
	AnswerFault,
	ScriptedCitation,
	ScriptedFault,
	ScriptedToolCall,
	SimulatedFault,
	SimulatedModel,
	SimulatedRateLimit,
	SimulatedRequest,
	SimulatedTokenizer,
	SimulatorOptions,
	StatusFault,
	WholeFault,
} from './simulator-options.ts';

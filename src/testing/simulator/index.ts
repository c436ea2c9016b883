/** @module A provider that is none: real wire formats on loopback, with scripted latency and faults. */
export { type ProviderSimulator, startProviderSimulator } from './provider-simulator.ts';
export type { SimulatedFault, SimulatedModel, SimulatedRequest, SimulatorOptions } from './simulator-options.ts';

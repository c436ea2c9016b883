/** @module A configuration taken up while the gateway runs, or refused while the one before goes on. */
export { type ReloadReport, RuntimeSwitch } from './runtime-switch.ts';

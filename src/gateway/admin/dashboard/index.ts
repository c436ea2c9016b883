/** @module The dashboard: its files, its sessions, and its live updates. */

export { Dashboard, requireReading } from './dashboard.ts';
export { type HeardAlert, LiveUpdates } from './live-updates.ts';
export type { DashboardSession, SessionChange } from './sessions.ts';

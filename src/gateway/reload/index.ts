/** @module A configuration taken up while the gateway runs, or refused while the one before goes on. */
export { ConfigReloader, type ReloadReport } from '../admin/config-reloader.ts';

import type { GlobalOptions } from './options.ts';

/** Written out: the configuration's own list would load its schemas for every `--help`. */
export const RECONCILE_PROVIDERS = ['anthropic', 'openai', 'google'] as const;

/** What the command was asked for. */
export interface ReconcileFlags extends GlobalOptions {
	provider?: (typeof RECONCILE_PROVIDERS)[number];
	from?: string;
	to?: string;
	columns?: string;
	tolerance: number;
	outside?: boolean;
	apply?: boolean;
	yes?: boolean;
}

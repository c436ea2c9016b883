import type { BudgetConfig, LogLevel, RouterConfig } from '../contracts/index.ts';
import type { DeploymentSettings } from './deployment-settings.ts';
import type { GatewayConfig } from './gateway-config.ts';

/** Where rows are kept and for how long. */
export interface StorageConfig {
	/** The database file: absolute, `~/…`, `:memory:`, or relative to the project. */
	path: string;
	/** Days before a row is archived. */
	retentionDays: number;
	/** Keep the text of tasks; without it only their hash is kept. */
	captureTaskText: boolean;
}

/** What the log file takes. */
export interface LogConfig {
	level: LogLevel;
	/** The log file: absolute, `~/…`, or relative to the project. */
	file: string;
	/** Bytes at which the file is rotated. */
	maxBytes: number;
	/** Rotated files that are kept beside the current one. */
	maxFiles: number;
}

/** The providers that can be called directly. */
export const PROVIDER_NAMES = ['anthropic', 'openai', 'google'] as const;
/** One of the providers that can be called directly. */
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** How one provider is reached. */
export interface ProviderSettings {
	/** Name of the environment variable that holds the key, as `env:NAME`; never the key itself. */
	apiKey?: string;
	/** Address that takes the place of the provider's own. */
	baseUrl?: string;
}

/** The complete configuration: the router's, and what surrounds it. */
export interface SwitchyardConfig extends RouterConfig {
	budget: BudgetConfig;
	storage: StorageConfig;
	log: LogConfig;
	providers: Partial<Record<ProviderName, ProviderSettings>>;
	/** Further endpoints that models are called at. */
	deployments: DeploymentSettings[];
	gateway: GatewayConfig;
	/** Mark the beginnings of prompts for the provider's cache, where the provider needs marks and it pays. */
	promptCaching: boolean;
	/** Log every decision with its scores, and show stack traces. */
	debug: boolean;
}

/** Where rows are kept when nothing else is said. */
export const DEFAULT_STORAGE_CONFIG: StorageConfig = {
	path: '.claude/orchestration/db/routing.db',
	retentionDays: 90,
	captureTaskText: false,
};

/** What is logged when nothing else is said: warnings and errors, at most 6 files of 5 MB. */
export const DEFAULT_LOG_CONFIG: LogConfig = {
	level: 'warn',
	file: '.claude/orchestration/logs/routing.log',
	maxBytes: 5_000_000,
	maxFiles: 5,
};

import type { BudgetConfig, CommitPoint, LogLevel, ModelName, ModelProfile, RouterConfig } from '../contracts/index.ts';
import type { DeploymentSettings } from '../providers/index.ts';

/** Where rows are kept and for how long. */
export interface StorageConfig {
	/** The database file: absolute, `~/…`, `:memory:`, or relative to the project. */
	path: string;
	/** Days before a row is archived. */
	retentionDays: number;
	/** Keep the text of tasks; without it only their hash is kept. */
	captureTaskText: boolean;
}

/** Default place of rows and how long they are kept. */
const DEFAULT_STORAGE_CONFIG: StorageConfig = {
	path: '.claude/orchestration/db/routing.db',
	retentionDays: 90,
	captureTaskText: false,
};

/** What is logged, and when the file is rotated. */
export interface LogConfig {
	level: LogLevel;
	/** The log file: absolute, `~/…`, or relative to the project. */
	file: string;
	/** Bytes at which the file is rotated. */
	maxBytes: number;
	/** Rotated files that are kept beside the current one. */
	maxFiles: number;
}

/** Default log: warnings and errors, at most 6 files of 5 MB. */
const DEFAULT_LOG_CONFIG: LogConfig = {
	level: 'warn',
	file: '.claude/orchestration/logs/routing.log',
	maxBytes: 5_000_000,
	maxFiles: 5,
};

/** The providers that can be called directly. */
export const PROVIDER_NAMES = ['anthropic', 'openai', 'google'] as const;
/** One of the providers that can be called directly. */
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** How one provider is reached. */
export interface ProviderSettings {
	/** Name of the environment variable that holds the key, as `env:NAME`; never the key itself. */
	apiKey?: string;
	/** Address used instead of the provider's. */
	baseUrl?: string;
}

/** When a stream is sent on, and its timeouts in milliseconds. */
export interface GatewayStreamConfig {
	/**
	 * What is sent on at once: `first-output` commits to a model with the first token; `whole-answer` holds the answer back
	 * until it is complete, so that a cut or stalled stream can still be answered by another model.
	 */
	commit: CommitPoint;
	/**
	 * Wait for the first token, of a model that answers at once. Models that think get up to 60 s, 120 s where much thinking
	 * is asked for; slow models three times their usual time; long prompts 30 s for each 100,000 tokens; and models that were
	 * seen to take longer one and a half times that.
	 */
	firstOutputTimeoutMs: number;
	/** Longest time between two events of a stream. */
	idleTimeoutMs: number;
	/**
	 * Silence after which the caller is sent something that means nothing to its client, so that no balancer between takes
	 * the connection for dead; 0: never. Before the first output never within ten seconds.
	 */
	keepAliveMs: number;
}

/** Limits of one process. */
export interface GatewayLimitsConfig {
	/** Largest request body, bytes. */
	maxBodyBytes: number;
	/** Names of members in a request body, all together. */
	maxBodyNames: number;
	/** Texts, objects and lists in a request body, all together. */
	maxBodyValues: number;
	/** Milliseconds a request's head and body may take to arrive. */
	bodyTimeoutMs: number;
	/** Requests in flight at once; more are queued. */
	maxConcurrent: number;
	/** Requests in the queue; more are refused. */
	maxQueued: number;
	/** Milliseconds a request may be queued. */
	queueTimeoutMs: number;
	/** Milliseconds a whole request may take. */
	requestTimeoutMs: number;
}

/** The cache of exact responses. */
export interface GatewayCacheConfig {
	enabled: boolean;
	/** Seconds an answer is kept. */
	ttl: number;
	maxEntries: number;
	/** Largest answer that is kept, bytes. */
	maxEntryBytes: number;
}

/** Another model is asked what some callers asked, after they have their answers, and a judge compares the two. */
export interface ShadowConfig {
	/** Share of the requests, 0-1; 0: none. */
	share: number;
	/** USD a day for all of it, judge included; it counts against the limits of all spending too. */
	budgetPerDay: number;
	/** Models that are asked, one for each request. */
	models: string[];
	/** The model that compares; none of `models`. */
	judge: string;
	/** Ids of virtual keys whose requests are never sent. */
	excludedKeys: string[];
}

/** The HTTP gateway. */
export interface GatewayConfig {
	/** Address it listens at; another than loopback needs keys. */
	host: string;
	port: number;
	/** A virtual key is needed, also on loopback. */
	requireKey: boolean;
	/** Host names that requests may use besides the listening address, e.g. `llm.example.com`. */
	allowedHosts: string[];
	/** Web origins that may call it from a browser. */
	allowedOrigins: string[];
	/** Private networks' hosts (beside loopback) that providers may be reached at. */
	allowedPrivateHosts: string[];
	streams: GatewayStreamConfig;
	limits: GatewayLimitsConfig;
	/** Responses to identical requests, per virtual key. */
	cache: GatewayCacheConfig;
	/** Other models beside those that answer. */
	shadow: ShadowConfig;
	/** Seconds an answer is kept for its `Idempotency-Key`. */
	idempotencyTtl: number;
	/** Milliseconds that requests in flight may take to end when the gateway stops. */
	drainTimeoutMs: number;
}

/** Default gateway: on loopback, without keys. */
export const DEFAULT_GATEWAY_CONFIG: GatewayConfig = {
	host: '127.0.0.1',
	port: 4141,
	requireKey: false,
	allowedHosts: [],
	allowedOrigins: [],
	allowedPrivateHosts: [],
	streams: { commit: 'first-output', firstOutputTimeoutMs: 10_000, idleTimeoutMs: 20_000, keepAliveMs: 10_000 },
	limits: {
		maxBodyBytes: 32 * 1024 * 1024,
		maxBodyNames: 30_000,
		maxBodyValues: 100_000,
		bodyTimeoutMs: 30_000,
		maxConcurrent: 512,
		maxQueued: 1024,
		queueTimeoutMs: 10_000,
		requestTimeoutMs: 600_000,
	},
	cache: { enabled: false, ttl: 300, maxEntries: 1000, maxEntryBytes: 262_144 },
	shadow: { share: 0, budgetPerDay: 1, models: [], judge: '', excludedKeys: [] },
	idempotencyTtl: 86_400,
	drainTimeoutMs: 30_000,
};

/** The complete configuration. A setting is added here with its default, in `schema/`, and where it is used. */
export interface SwitchyardConfig extends RouterConfig {
	budget: BudgetConfig;
	storage: StorageConfig;
	log: LogConfig;
	providers: Partial<Record<ProviderName, ProviderSettings>>;
	/** Endpoints beside those of `providers`. */
	deployments: DeploymentSettings[];
	gateway: GatewayConfig;
	/** Set cache breakpoints in prompts, where the provider needs them and they pay. */
	promptCaching: boolean;
	/** Log every decision with its scores, and show stack traces. */
	debug: boolean;
}

/** Defaults of the settings that no other module owns. */
export const DEFAULT_SETTINGS: Omit<SwitchyardConfig, keyof RouterConfig> = {
	storage: DEFAULT_STORAGE_CONFIG,
	log: DEFAULT_LOG_CONFIG,
	providers: {},
	deployments: [],
	gateway: DEFAULT_GATEWAY_CONFIG,
	promptCaching: true,
	debug: false,
};

/** A model that the user adds, or the fields that differ from the known model of that name. */
export type CustomModelProfile = Partial<Omit<ModelProfile, 'assumedFrom' | 'standsFor'>> & { name: ModelName };

/**
 * What one source says of settings: each may be missing, also inside sections. A policy and a list are whole or missing;
 * so are the members of `fallbacks`, `providers` and `notify`, which are optional already.
 */
export type SettingsLayer<Settings> = {
	[Key in keyof Settings]?: Key extends 'policy' | 'fallbacks' | 'providers' | 'notify'
		? Settings[Key]
		: Settings[Key] extends readonly unknown[] | undefined
			? Settings[Key]
			: Settings[Key] extends object | undefined
				? SettingsLayer<Settings[Key]>
				: Settings[Key];
};

/** What one source says of the budget. */
export interface BudgetLayer extends SettingsLayer<Omit<BudgetConfig, 'perRequestLimit'>> {
	/** USD; `null` lifts the limit. */
	perRequestLimit?: number | null;
}

/** What one source says of the gateway. */
export interface GatewayLayer extends SettingsLayer<GatewayConfig> {}

/** What one source says: the shape of `config.json`, of the environment's and of the arguments' values. */
export interface ConfigLayer extends SettingsLayer<Omit<SwitchyardConfig, 'models' | 'budget'>> {
	/** Where editors find the schema; not part of the configuration. */
	$schema?: string;
	models?: CustomModelProfile[];
	budget?: BudgetLayer;
}

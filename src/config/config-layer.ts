import type { BudgetConfig, ModelName, ModelProfile, RouterConfig, RoutingWeights } from '../contracts/index.ts';
import type { DeploymentSettings } from './deployment-settings.ts';
import type { GatewayCacheConfig, GatewayConfig, GatewayLimitsConfig, GatewayStreamConfig } from './gateway-config.ts';
import type { LogConfig, ProviderName, ProviderSettings, StorageConfig } from './switchyard-config.ts';

/** A model of one's own, or what is different about a known one of that name. */
export type CustomModelProfile = Partial<ModelProfile> & { name: ModelName };

/** What one source says of the budget. `perRequestLimit: null` lifts the limit. */
export interface BudgetLayer extends Partial<Omit<BudgetConfig, 'alerts' | 'perRequestLimit'>> {
	perRequestLimit?: number | null;
	alerts?: Partial<BudgetConfig['alerts']>;
}

/** What one source says of the router: every field may be missing. */
export interface RouterLayer extends Partial<Omit<RouterConfig, 'models' | 'weights' | 'budget' | 'fallback'>> {
	models?: CustomModelProfile[];
	weights?: Partial<RoutingWeights>;
	budget?: BudgetLayer;
	fallback?: Partial<RouterConfig['fallback']>;
}

/** What one source says of the gateway. */
export interface GatewayLayer extends Partial<Omit<GatewayConfig, 'streams' | 'limits' | 'cache'>> {
	streams?: Partial<GatewayStreamConfig>;
	limits?: Partial<GatewayLimitsConfig>;
	cache?: Partial<GatewayCacheConfig>;
}

/** What one source says: the shape of `config.json`, of the environment's and of the arguments' values. */
export interface ConfigLayer extends RouterLayer {
	/** Where editors find the schema; not part of the configuration. */
	$schema?: string;
	storage?: Partial<StorageConfig>;
	log?: Partial<LogConfig>;
	providers?: Partial<Record<ProviderName, ProviderSettings>>;
	deployments?: DeploymentSettings[];
	gateway?: GatewayLayer;
	promptCaching?: boolean;
	debug?: boolean;
}

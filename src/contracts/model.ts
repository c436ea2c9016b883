import type { NanoUsd, PicoUsdPerToken } from './money.ts';
import type { TaskType } from './task-types.ts';
import type { ServiceTier } from './usage.ts';

const SPECIFIED = ['opus', 'sonnet', 'haiku', 'gpt-4', 'gpt-3.5', 'gemini-pro', 'gemini-flash'] as const;
/** The names of the specification's seven models; any other name of the catalog is as good. */
export type ModelName = (typeof SPECIFIED)[number] | (string & {});
/** The specification's seven names: by default each competes, or the successor of its model where that is gone. */
export const SPECIFICATION_MODELS: readonly ModelName[] = SPECIFIED;

/** The variable that holds the key of a provider of the specification. */
export const PROVIDER_KEY_VARIABLES: Readonly<Record<string, string>> = {
	anthropic: 'ANTHROPIC_API_KEY',
	openai: 'OPENAI_API_KEY',
	google: 'GEMINI_API_KEY',
};

/** Who serves a model. */
export type ModelProvider = 'anthropic' | 'openai' | 'google' | 'custom' | (string & {});

/** Rates for requests whose input (all classes together) is longer than `aboveInputTokens`. */
export interface PricingTier extends PricingRates {
	aboveInputTokens: number;
}

/** Rates per class of tokens; a missing cache class is billed as plain input, a missing reasoning rate as output. */
export interface PricingRates {
	input: PicoUsdPerToken;
	output: PicoUsdPerToken;
	cacheRead?: PicoUsdPerToken;
	/** Cache write with 5 minutes of life. */
	cacheWrite5m?: PicoUsdPerToken;
	/** Cache write with 1 hour of life. */
	cacheWrite1h?: PicoUsdPerToken;
	reasoning?: PicoUsdPerToken;
}

/** Rates and their long-context tiers. */
export interface RateTable extends PricingRates {
	/** Long-context rates, by rising border; a request over a border is billed whole at that tier. */
	tiers?: readonly PricingTier[];
}

/** What a model costs from one day on. */
export interface PriceSheet extends RateTable {
	/** Rates of the services other than standard; a service that is missing here has no price of its own and is billed at the standard rates. */
	serviceTiers?: Readonly<Partial<Record<Exclude<ServiceTier, 'standard'>, RateTable>>>;
	/** Per region, thousandths by which every token rate is multiplied: `{ us: 1100 }` is 10 % more. */
	regionPermille?: Readonly<Record<string, number>>;
	/** Price of one use in nano-dollars, by the name `Usage.perUse` has for it, e.g. `{ webSearch: 10_000_000 }`. */
	perUse?: Readonly<Record<string, NanoUsd>>;
	/** Where the rates come from. */
	source: string;
	/** The day the rates were read, ISO date. */
	asOf: string;
	/** First day in force (UTC), ISO date. @default since ever */
	from?: string;
}

/** What a model costs: the first rates known, and what they changed to later. */
export interface Pricing extends PriceSheet {
	/** Later rates by rising `from`; each is in force until the next begins. */
	changes?: ReadonlyArray<PriceSheet & { from: string }>;
}

/** A figure of the catalog and where it comes from. */
export interface SourcedNumber {
	value: number;
	source: string;
}

/** A model's life: retired models are never picked, deprecated ones are still served. What is absent is not known. */
export interface ModelLifecycle {
	state: 'active' | 'deprecated' | 'retired';
	/** ISO date the state began, when known. */
	since?: string;
	/** ISO date of the first release. */
	releasedOn?: string;
	/** ISO date on which the provider announced the end. */
	deprecatedOn?: string;
	/** ISO date of the announced or past shutdown. */
	retiresOn?: string;
	/** Name of the model to use instead. */
	replacedBy?: string;
	/** Where all of this was read. */
	source?: string;
	/** Where single facts were read; `source` stands for the others. */
	sources?: { released?: string; deprecated?: string; retires?: string; successor?: string };
}

/** Everything known of a model. Required fields are the specification's; the rest sharpens them. */
export interface ModelProfile {
	/** Unique identifier, e.g. `claude-opus-4-5`. */
	id: string;
	/** Short name, e.g. `opus`; unique in a catalog. */
	name: ModelName;
	/** The provider's model id, e.g. `claude-opus-4-5-20251101`. */
	modelId: string;
	provider: ModelProvider;
	/** What it makes: answers, or embeddings, which only `/v1/embeddings` asks for. @default 'chat' */
	kind?: 'chat' | 'embedding';
	/** Task types the model is known to do well. */
	strengths: TaskType[];
	/** USD per 1,000 input tokens; `NaN` when unpriced. */
	costPer1kInputTokens: number;
	/** USD per 1,000 output tokens; `NaN` when unpriced. */
	costPer1kOutputTokens: number;
	/** Typical latency of a short answer in milliseconds. */
	latencyMs: number;
	/** Tokens of input and output together. */
	contextWindow: number;
	maxOutputTokens: number;
	/** Overall quality, 0-100. */
	qualityScore: number;
	supportsExtendedThinking: boolean;
	supportsVision: boolean;
	supportsToolUse: boolean;
	/** @default false */
	supportsStructuredOutput?: boolean;
	/** Other names that mean this model; compared without regard to case. */
	aliases?: readonly string[];
	/**
	 * `anthropic/opus`, …: models of one family speak alike and share prompt adaptation. The id of a known model (`gpt-5.4`)
	 * also says whose rules its requests are fitted by. @default the rules by its ids
	 */
	family?: string;
	/** Exact rates; made from `costPer1k…` when missing. `unpriced` is a third value, never $0. */
	pricing?: Pricing | 'unpriced';
	/** Quality per task type where known, 0-100; `qualityScore` stands in for the rest. */
	qualityByTaskType?: Partial<Record<TaskType, SourcedNumber>>;
	/** Source of `qualityScore`. */
	qualitySource?: string;
	/** Time to first token in milliseconds; made from `latencyMs` when missing. */
	ttftMs?: SourcedNumber;
	/** Runs on the user's own hardware: what is left when a budget allows only local models. @default false */
	isLocal?: boolean;
	/** Output tokens per second. */
	outputTokensPerSecond?: SourcedNumber;
	/** @default { state: 'active' } */
	lifecycle?: ModelLifecycle;
	/** Name of the model after which this profile was assumed: the catalog does not know its id, only its family. */
	assumedFrom?: ModelName;
	/**
	 * Names of the default race whose own models are gone or about to go, and in whose place this one competes. Set by the
	 * router; `strengths` are then those of the names.
	 */
	standsFor?: readonly ModelName[];
}

/**
 * A chosen model: its profile, which also reads as its name wherever a string is made of it
 * (`${decision.model}`, `String(decision.model)`, as a property key).
 */
export interface SelectedModel extends ModelProfile {
	toString(): string;
	[Symbol.toPrimitive](hint: string): string;
}

/** A model by name or alias, or anything that carries the name. */
export type ModelReference = ModelName | { readonly name: ModelName };

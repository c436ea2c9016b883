import type { ModelLifecycle, ModelName, TaskType } from '../contracts/index.ts';

/** What is written down of a built-in model; prices come from `generated-prices.ts` by `priceKey`. */
export interface BuiltinRow {
	name: ModelName;
	/** @default the name */
	id?: string;
	/** The provider's id of it. @default the id */
	modelId?: string;
	/** @default the id */
	priceKey?: string;
	aliases?: readonly string[];
	strengths: TaskType[];
	/** Overall quality 0-100 and where the figure comes from. */
	quality: readonly [value: number, source: string];
	/** Typical latency of a short answer and time to first token in ms, output tokens per second, source of the last two. */
	speed: readonly [latencyMs: number, ttftMs: number, tokensPerSecond: number, source: string];
	/** Context window and largest output. */
	tokens: readonly [contextWindow: number, maxOutputTokens: number];
	/** Thinking, vision, tools, structured output: `tvus`, a dash for what is missing. */
	abilities: string;
	/** State, day of the shutdown, successor, source, and the day the state began where it is known; active when left out. */
	lifecycle?: readonly [
		state: ModelLifecycle['state'],
		retiresOn: string | null,
		replacedBy: string | null,
		source: string | null,
		since?: string,
	];
}

/** Quality, latency and limits as the specification of the routing system seeds them. */
export const SPECIFICATION: string = 'seed value of the routing specification 1.0.0, not measured here';
/** A figure nobody measured here: set beside its family by release and price. */
export const EDITORIAL: string = 'editorial estimate beside its family, not measured';
/** Shutdown dates and replacements of OpenAI models. */
export const OPENAI_DEPRECATIONS: string =
	'https://developers.openai.com/api/docs/deprecations (read via importstatic.com, 2026-10-15)';
/** Retirement dates of Gemini models. */
export const GOOGLE_LIFECYCLE: string = 'https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions';
/** Shutdown dates of the Gemini API (Vertex AI sets its own). */
export const GOOGLE_DEPRECATIONS: string =
	'https://ai.google.dev/gemini-api/docs/deprecations (as quoted by aideprecations.com, 2026-11-10)';
/** State of a Gemini model on its own page. */
export const GOOGLE_MODEL_PAGES: string = 'https://ai.google.dev/gemini-api/docs/models';
/** State, retirement and successor of Claude models on their own pages. */
export const ANTHROPIC_LIFECYCLE: string =
	'https://platform.claude.com/docs/en/about-claude/model-deprecations and the overview page of the model, read 2026-11-24';
/** Median over one router's traffic, not a measurement of this package. */
export const OPENROUTER_P50: string = 'median latency and throughput shown by openrouter.ai, read 2026-11-24';
/** A dated table of public scores and speeds. */
export const INDEX_SNAPSHOT: string =
	'https://huggingface.co/datasets/tandiu/ai-infra-data-sample (Artificial Analysis, 2026-10-24)';

/** Source of a quality whose rank is measured and whose number is not. */
export function rankedByIndex(index: number): string {
	return `ranked by Artificial Analysis Intelligence Index ${index}, ${INDEX_SNAPSHOT}; the 0-100 number is editorial`;
}

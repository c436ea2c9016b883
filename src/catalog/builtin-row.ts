import type { ModelName, TaskType } from '../contracts/index.ts';

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
	/** Overall quality 0-100. */
	quality: number;
	/** @default EDITORIAL */
	qualitySource?: string;
	/** Typical latency of a short answer and time to first token in ms, output tokens per second. */
	speed: readonly [latencyMs: number, ttftMs: number, tokensPerSecond: number];
	/** Of the time to first token and the output speed. @default EDITORIAL */
	speedSource?: string;
	tokens: readonly [contextWindow: number, maxOutputTokens: number];
	/** Thinking, vision, tools, structured output: a dash for what is missing. @default 'tvus' */
	abilities?: string;
}

/** Quality, latency and limits as the specification of the routing system seeds them. */
export const SPECIFICATION: string = 'seed value of the routing specification 1.0.0, not measured here';
/** A figure nobody measured here: set beside its family by release and price. */
export const EDITORIAL: string = 'editorial estimate beside its family, not measured';
/** Median over one router's traffic, not a measurement of this package. */
export const OPENROUTER_P50: string = 'median latency and throughput shown by openrouter.ai, read 2026-11-24';
/** A dated table of public scores and speeds. */
export const INDEX_SNAPSHOT: string =
	'https://huggingface.co/datasets/tandiu/ai-infra-data-sample (Artificial Analysis, 2026-10-24)';

/** Source of a quality whose rank is measured and whose number is not. */
export function rankedByIndex(index: number): string {
	return `ranked by Artificial Analysis Intelligence Index ${index}, ${INDEX_SNAPSHOT}; the 0-100 number is editorial`;
}

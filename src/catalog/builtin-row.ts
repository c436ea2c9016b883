import type { ModelLifecycle, ModelName, ModelProvider, TaskType } from '../contracts/index.ts';

/** What is written down of a built-in model; prices come from `generated-prices.ts` by `priceKey`. */
export interface BuiltinRow {
	name: ModelName;
	id: string;
	modelId: string;
	priceKey: string;
	aliases?: readonly string[];
	strengths: TaskType[];
	/** Overall quality 0-100 and where the figure comes from. */
	quality: readonly [value: number, source: string];
	/** Typical latency of a short answer, ms. */
	latencyMs: number;
	/** Time to first token in ms, output tokens per second, and where the figures come from. */
	speed: readonly [ttftMs: number, tokensPerSecond: number, source: string];
	contextWindow: number;
	maxOutputTokens: number;
	/** Thinking, vision, tools, structured output: `tvus`, a dash for what is missing. */
	abilities: string;
	lifecycle?: ModelLifecycle;
}

/** The models of one provider. */
export interface BuiltinProvider {
	provider: ModelProvider;
	/** Beside each model's overall quality: how much better its strengths are, in points. */
	strengthBonus: number;
	rows: readonly BuiltinRow[];
}

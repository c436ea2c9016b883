import { priceUsage, resolvePricing } from '../catalog/index.ts';
import {
	type CostEntry,
	MAX_USD,
	type ModelName,
	type ModelProfile,
	type NanoUsd,
	TASK_TYPES,
	type TaskType,
	type TokenCounts,
	type Usage,
	usdToNano,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';

/** Usage as a caller tells it. */
export interface TrackedUsage {
	model: ModelName;
	taskType: TaskType;
	tokens: TokenCounts;
	costUsd: number;
}

function refuse(field: string, value: unknown, expected: string): never {
	throw new InvalidInputError(`Usage not tracked: ${field} is ${String(value).slice(0, 40)}. Give ${expected}.`);
}

/** A part of a token is charged like a whole one. */
function wholeTokens(field: string, tokens: unknown): number {
	const whole = typeof tokens === 'number' ? Math.ceil(tokens) : Number.NaN;
	if (!(whole >= 0 && Number.isSafeInteger(whole))) refuse(field, tokens, 'a number of tokens, 0 or more');
	return whole;
}

function nanoOf(costUsd: number): NanoUsd {
	try {
		return usdToNano(costUsd);
	} catch (cause) {
		throw new InvalidInputError(
			`Usage not tracked: cost is ${String(costUsd).slice(0, 40)}. Give USD between 0 and ${MAX_USD.toLocaleString('en')}.`,
			{ cause },
		);
	}
}

/** The cost, parted into input and output as the model's rates part it; unknown for a model without rates. */
function partCost(
	cost: NanoUsd,
	usage: Usage,
	stamp: { at: number; profile: ModelProfile | undefined },
): [NanoUsd | null, NanoUsd | null] {
	const { profile, at } = stamp;
	const pricing = profile === undefined ? null : resolvePricing(profile);
	if (pricing === null) return [null, null];
	const { totalNanoUsd, inputNanoUsd } = priceUsage(usage, pricing, at);
	if (totalNanoUsd === 0) return [null, null];
	const input = Math.min(cost, Math.round((inputNanoUsd / totalNanoUsd) * cost));
	return [input, cost - input];
}

/** A ledger entry for usage tracked by hand. @throws InvalidInputError naming the field that cannot be used. */
export function createTrackedEntry(
	given: TrackedUsage,
	stamp: { id: string; at: number; profile: ModelProfile | undefined },
): CostEntry {
	const { model, taskType, tokens, costUsd } = given;
	if (typeof model !== 'string' || model.trim() === '') refuse('model', model, 'the name of a model');
	if (!TASK_TYPES.includes(taskType)) {
		const nearest = nearestName(String(taskType), TASK_TYPES);
		refuse('taskType', taskType, nearest === null ? `one of ${TASK_TYPES.join(', ')}` : `"${nearest}"`);
	}
	const usage: Usage = {
		inputTokens: wholeTokens('tokens.input', tokens?.input),
		cacheReadTokens: 0,
		cacheWrite5mTokens: 0,
		cacheWrite1hTokens: 0,
		outputTokens: wholeTokens('tokens.output', tokens?.output),
		reasoningTokens: 0,
	};
	const { contextWindow = Number.POSITIVE_INFINITY } = stamp.profile ?? {};
	if (usage.inputTokens + usage.outputTokens > contextWindow)
		refuse(
			'tokens',
			usage.inputTokens + usage.outputTokens,
			`at most the ${contextWindow} of the context window of ${model}`,
		);
	const costNanoUsd = nanoOf(costUsd);
	const [inputCostNanoUsd, outputCostNanoUsd] = partCost(costNanoUsd, usage, stamp);
	const { id, at } = stamp;
	return {
		id,
		decisionId: null,
		attempt: null,
		model,
		taskType,
		costNanoUsd,
		inputCostNanoUsd,
		outputCostNanoUsd,
		usage,
		at,
	};
}

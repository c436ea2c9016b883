import { priceUsage, resolvePricing } from '../catalog/index.ts';
import {
	type CostEntry,
	MAX_USD,
	type ModelProfile,
	type NanoUsd,
	TASK_TYPES,
	type TokenCounts,
	type Usage,
	usdToNano,
	ZERO_USAGE,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';

/** A ledger entry for usage tracked by hand. @throws InvalidInputError naming the field that cannot be used. */
export function createTrackedEntry(
	{
		model,
		taskType,
		tokens,
		costUsd,
	}: Pick<CostEntry, 'model' | 'taskType'> & { tokens: TokenCounts; costUsd: number },
	{ id, at, profile }: { id: string; at: number; profile: ModelProfile | undefined },
): CostEntry {
	if (typeof model !== 'string' || model.trim() === '') refuse('model', model, 'the name of a model');
	if (!TASK_TYPES.includes(taskType)) {
		const nearest = nearestName(String(taskType), TASK_TYPES);
		refuse('taskType', taskType, nearest === null ? `one of ${TASK_TYPES.join(', ')}` : `"${nearest}"`);
	}
	const usage: Usage = {
		...ZERO_USAGE,
		inputTokens: requireTokens('tokens.input', tokens?.input),
		outputTokens: requireTokens('tokens.output', tokens?.output),
	};
	const total = usage.inputTokens + usage.outputTokens;
	if (profile !== undefined && total > profile.contextWindow)
		refuse('tokens', total, `at most the ${profile.contextWindow} of the context window of ${model}`);
	const costNanoUsd = requireCost(costUsd);
	const parts = splitByRates(costNanoUsd, usage, { at, profile });
	return { id, decisionId: null, attempt: null, model, taskType, costNanoUsd, ...parts, usage, at };
}

function refuse(field: string, value: unknown, expected: string, cause?: unknown): never {
	const message = `Usage not tracked: ${field} is ${String(value).slice(0, 40)}. Give ${expected}.`;
	throw new InvalidInputError(message, cause === undefined ? {} : { cause });
}

/** A part of a token is charged like a whole one. */
function requireTokens(field: string, tokens: unknown): number {
	const whole = typeof tokens === 'number' ? Math.ceil(tokens) : Number.NaN;
	if (!(whole >= 0 && Number.isSafeInteger(whole))) refuse(field, tokens, 'a number of tokens, 0 or more');
	return whole;
}

function requireCost(costUsd: number): NanoUsd {
	try {
		return usdToNano(costUsd);
	} catch (cause) {
		return refuse('cost', costUsd, `USD between 0 and ${MAX_USD.toLocaleString('en')}`, cause);
	}
}

/** The parts of input and output in a cost, in proportion to the model's rates; unknown for a model without rates. */
function splitByRates(
	cost: NanoUsd,
	usage: Usage,
	{ at, profile }: { at: number; profile: ModelProfile | undefined },
): Pick<CostEntry, 'inputCostNanoUsd' | 'outputCostNanoUsd'> {
	const pricing = profile === undefined ? null : resolvePricing(profile);
	const price = pricing === null ? null : priceUsage(usage, pricing, at);
	if (price === null || price.totalNanoUsd === 0) return { inputCostNanoUsd: null, outputCostNanoUsd: null };
	const inputCostNanoUsd = Math.min(cost, Math.round((price.inputNanoUsd / price.totalNanoUsd) * cost));
	return { inputCostNanoUsd, outputCostNanoUsd: cost - inputCostNanoUsd };
}

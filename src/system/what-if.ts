import type { TaskClassifier } from '../classify/index.ts';
import {
	countInputTokens,
	countOutputTokens,
	type ModelName,
	type ModelProfile,
	type RoutingDecision,
	TASK_TYPE_TRAITS,
	type TaskComplexity,
	type TaskDescriptor,
	type TaskInput,
	type TaskType,
	type TimeRange,
	type Usage,
	ZERO_USAGE,
} from '../contracts/index.ts';
import {
	type ChoiceOutcome,
	type ChoiceSample,
	type Coin,
	measureChoice,
	TYPICAL_MIX,
	TYPICAL_MIX_SOURCE,
	tossCoin,
} from '../cost/index.ts';
import { InvalidInputError, NoEligibleModelError } from '../errors/index.ts';
import type { ModelRouter } from './model-router.ts';
import type { RoutingSystem } from './routing-system.ts';

/** Requests to try the policies on: a text (or conversation) that is classified, or its kind and tokens. */
export type WhatIfAsk =
	| { task: TaskInput; requests?: number | undefined }
	| {
			type: TaskType;
			complexity: TaskComplexity;
			inputTokens: number;
			outputTokens: number;
			/** How many of them. @default 1 */
			requests?: number | undefined;
	  };

/** What is tried on what. */
export interface WhatIfOptions {
	/** @default the shipped mix: 500 requests of all types and complexities in public shares */
	asks?: readonly WhatIfAsk[] | undefined;
	/** In place of `asks`: the requests that were recorded in a range of time, with the tokens that they used. */
	history?: TimeRange | undefined;
	/** Named policies; `auto` is the configured one. @default auto, best, fast, cheap, cheapest */
	policies?: readonly string[] | undefined;
}

/** A policy beside the coin. */
export interface WhatIfPolicy extends ChoiceOutcome {
	/** Percent of the cost of every request on `baseline` that is saved; negative when it costs more. */
	savedPercent: number;
	/** The random mix of two models at the same cost: what a policy adds is its quality above this one's. */
	coin: Coin | null;
}

/** What a mix of requests costs and delivers under each policy, and without one. */
export interface WhatIfReport {
	/** What the requests are. */
	mix: string;
	requests: number;
	/** The policies, in the order asked for. */
	policies: WhatIfPolicy[];
	/** Every request on one model: each model of the race, by falling quality. */
	models: Array<ChoiceOutcome & { savedPercent: number }>;
	/** The model that savings are counted from: `opus` where it is known, else the strongest. */
	baseline: ModelName;
	/** The model of the race with the highest mean quality. */
	strongest: ModelName;
	/** The model of the race with the lowest cost. */
	cheapest: ModelName;
	/** The model with the highest mean quality that costs no more than the first policy; `null`: none does. */
	bestSingle: ModelName | null;
}

const DEFAULT_POLICIES = ['auto', 'best', 'fast', 'cheap', 'cheapest'];

/** Requests as the router sees them, and what they use. */
interface Ask {
	descriptor: TaskDescriptor;
	usage: Usage;
	requests: number;
}

/** A descriptor of a kind of task, as the classifier would fill it in. */
function describeKind(type: TaskType, complexity: TaskComplexity, usage: Usage): TaskDescriptor {
	const { isThinking = false, isCode = false, priority } = TASK_TYPE_TRAITS[type];
	const isHard = complexity === 'complex' || complexity === 'critical';
	return {
		task: '',
		type,
		complexity,
		pattern: complexity === 'simple' ? 'single-shot' : 'multi-step',
		estimatedInputTokens: countInputTokens(usage),
		estimatedOutputTokens: countOutputTokens(usage),
		requiresExtendedThinking: isHard || (complexity === 'medium' && isThinking),
		involvesCode: isCode,
		requiresCreativity: type === 'creative',
		priority,
	};
}

function toAsk(ask: WhatIfAsk, classifier: TaskClassifier): Ask {
	const { requests = 1 } = ask;
	if (!(Number.isFinite(requests) && requests > 0))
		throw new InvalidInputError(`"requests" is ${requests}. Give a number above 0.`);
	if ('task' in ask) {
		const descriptor = classifier.classify(ask.task);
		const { estimatedInputTokens: inputTokens, estimatedOutputTokens: outputTokens } = descriptor;
		return { descriptor, usage: { ...ZERO_USAGE, inputTokens, outputTokens }, requests };
	}
	const { type, complexity, inputTokens, outputTokens } = ask;
	const usage = { ...ZERO_USAGE, inputTokens, outputTokens };
	return { descriptor: describeKind(type, complexity, usage), usage, requests };
}

/** The recorded requests: what the last charge of each says it used, else what was expected. */
async function readHistory(system: RoutingSystem, range: TimeRange): Promise<Ask[]> {
	const { decisions, costs } = await system.exportData(range);
	const charged = new Map<string | null, Usage>();
	for (const { decisionId, kind, usage } of costs) if (kind !== 'correction') charged.set(decisionId, usage);
	return decisions.map(({ id, taskType, complexity, estimatedInputTokens, estimatedOutputTokens }) => {
		const expected = { ...ZERO_USAGE, inputTokens: estimatedInputTokens, outputTokens: estimatedOutputTokens };
		const usage = charged.get(id) ?? expected;
		return { descriptor: describeKind(taskType, complexity, usage), usage, requests: 1 };
	});
}

async function readAsks(system: RoutingSystem, options: WhatIfOptions): Promise<{ mix: string; asks: Ask[] }> {
	if (options.history !== undefined) return { mix: 'recorded', asks: await readHistory(system, options.history) };
	const asks = (options.asks ?? TYPICAL_MIX).map((ask) => toAsk(ask, system.classifier));
	return { mix: options.asks === undefined ? TYPICAL_MIX_SOURCE : 'given', asks };
}

/** The decision; `undefined` where the limits leave no model. */
function decide(router: ModelRouter, descriptor: TaskDescriptor): RoutingDecision | undefined {
	try {
		return router.route(descriptor);
	} catch (error) {
		if (error instanceof NoEligibleModelError) return undefined;
		throw error;
	}
}

function findBest<Item>(items: readonly Item[], getValue: (item: Item) => number): Item | null {
	return items.reduce<Item | null>(
		(best, item) => (best === null || getValue(item) > getValue(best) ? item : best),
		null,
	);
}

/**
 * Tries policies on a mix of requests without calling or recording anything: what each would cost and which quality it would
 * deliver, beside every request on one model, and beside a coin: the random mix of two models that costs the same. Cost and
 * quality are the catalog's figures at the prices of the day; every model of the race competes, whether it can be called
 * here or not, within the limits of the configuration.
 * @throws InvalidInputError for a policy that is none, and for asks that cannot be
 */
export async function whatIf(system: RoutingSystem, options: WhatIfOptions = {}): Promise<WhatIfReport> {
	const { policies = DEFAULT_POLICIES } = options;
	const { mix, asks } = await readAsks(system, options);
	if (asks.length === 0) throw new InvalidInputError('There are no requests to try. Give at least one.');
	const routers = policies.map(
		(name) => [name, system.router.createTrial(name === 'auto' ? undefined : name)] as const,
	);
	let at = 0;
	const samples: ChoiceSample[] = asks.map(({ descriptor, usage, requests }) => {
		const choices: Record<string, ModelName> = {};
		for (const [name, router] of routers) {
			const decision = decide(router, descriptor);
			if (decision === undefined) continue;
			choices[name] = decision.model.name;
			at = decision.timestamp.getTime();
		}
		return { type: descriptor.type, usage, requests, choices };
	});
	return compareWhatIf(system.router, { mix, samples, policies, at });
}

function compareWhatIf(
	{ catalog, candidates }: ModelRouter,
	{
		mix,
		samples,
		policies,
		at,
	}: { mix: string; samples: readonly ChoiceSample[]; policies: readonly string[]; at: number },
): WhatIfReport {
	const profiles = new Map<ModelName, ModelProfile>(catalog.profiles().map((profile) => [profile.name, profile]));
	const measure = (name: string, choose: (sample: ChoiceSample) => ModelName | undefined): ChoiceOutcome =>
		measureChoice(name, samples, { choose, profiles, at });
	const race = candidates.map((name) => measure(name, () => name)).sort((a, b) => b.quality - a.quality);
	const [strongest] = race;
	const cheapest = findBest(race, ({ costPer1000 }) => -costPer1000);
	if (strongest === undefined || cheapest === null) throw new InvalidInputError('No model competes.');
	const baseline = profiles.has('opus') ? measure('opus', () => 'opus') : strongest;
	const withSaving = <Outcome extends ChoiceOutcome>(outcome: Outcome): Outcome & { savedPercent: number } => ({
		...outcome,
		savedPercent: 100 * (1 - outcome.costPer1000 / baseline.costPer1000),
	});
	const outcomes = policies.map((name) => measure(name, ({ choices }) => choices[name]));
	const first = outcomes[0]?.costPer1000 ?? Number.NaN;
	return {
		mix,
		// shares are fractions, and their sum is a little off a whole number
		requests: Number(samples.reduce((total, { requests }) => total + requests, 0).toFixed(6)),
		policies: outcomes.map((outcome) => ({ ...withSaving(outcome), coin: tossCoin(race, outcome.costPer1000) })),
		models: (race.some(({ name }) => name === baseline.name) ? race : [...race, baseline]).map(withSaving),
		baseline: baseline.name,
		strongest: strongest.name,
		cheapest: cheapest.name,
		bestSingle: race.find(({ costPer1000 }) => costPer1000 <= first)?.name ?? null,
	};
}

import { assumeModel, resolvePricing, toUsdPer1k } from '../../catalog/index.ts';
import type { CustomModelProfile } from '../../config/index.ts';
import type { ModelProfile } from '../../contracts/index.ts';
import { KIND_DEFINITIONS } from '../../providers/index.ts';
import type { ImportedEndpoint } from './provider-addresses.ts';

/** What a file says of a model beside its name. */
export interface ModelFacts {
	isEmbedding?: boolean;
	inputPer1kUsd?: number | undefined;
	outputPer1kUsd?: number | undefined;
	contextWindow?: number | undefined;
	maxOutputTokens?: number | undefined;
	canThink?: boolean | undefined;
	hasVision?: boolean | undefined;
	hasTools?: boolean | undefined;
}

/** What is assumed of a model that nobody knows. */
const UNKNOWN_MODEL = {
	strengths: [],
	latencyMs: 2000,
	contextWindow: 128_000,
	maxOutputTokens: 8192,
	qualityScore: 70,
	supportsExtendedThinking: false,
	supportsVision: false,
	supportsToolUse: true,
} satisfies Partial<ModelProfile>;

/** A model that the catalog does not know. */
interface UnknownModel {
	modelId: string;
	endpoint: ImportedEndpoint;
	facts?: ModelFacts | undefined;
}

/** USD per 1,000 tokens: what the file says, nothing on one's own machine, else the family's; `null` where nobody knows. */
function findCosts(
	facts: ModelFacts,
	isLocal: boolean,
	family: ModelProfile | null,
): [input: number, output: number] | null {
	const rates = family === null ? null : resolvePricing(family);
	const own = isLocal ? 0 : null;
	const input = facts.inputPer1kUsd ?? own ?? (rates && toUsdPer1k(rates.input));
	const output =
		facts.outputPer1kUsd ?? (facts.isEmbedding === true ? 0 : (own ?? (rates && toUsdPer1k(rates.output))));
	return input === null || output === null ? null : [input, output];
}

/** A profile of a model that the catalog does not know, as far as the file or its family tells, and how it came about. */
export function describeModel(
	{ endpoint, facts = {}, modelId }: UnknownModel,
	{ isLocal, profiles }: { isLocal: boolean; profiles: readonly ModelProfile[] },
): { profile: Omit<CustomModelProfile, 'name'>; assumed: string } {
	const { isEmbedding = false } = facts;
	const family = isEmbedding ? null : assumeModel(modelId, profiles);
	const base = family ?? UNKNOWN_MODEL;
	// at another address it is not the provider's: what serves the provider's models does not serve it
	const ownProvider = endpoint.baseUrl === undefined ? KIND_DEFINITIONS[endpoint.kind].provider : null;
	const costs = findCosts(facts, isLocal, family);
	const profile = {
		modelId,
		provider: endpoint.preset ?? ownProvider ?? 'custom',
		...(isEmbedding && { kind: 'embedding' as const }),
		strengths: [...base.strengths],
		...(costs === null
			? { pricing: 'unpriced' as const }
			: { costPer1kInputTokens: costs[0], costPer1kOutputTokens: costs[1] }),
		latencyMs: base.latencyMs,
		contextWindow: facts.contextWindow ?? base.contextWindow,
		maxOutputTokens: isEmbedding ? 0 : (facts.maxOutputTokens ?? base.maxOutputTokens),
		qualityScore: base.qualityScore,
		qualitySource: family === null ? 'assumed by the import' : `as ${family.assumedFrom}, by the import`,
		supportsExtendedThinking: facts.canThink ?? base.supportsExtendedThinking,
		supportsVision: facts.hasVision ?? base.supportsVision,
		supportsToolUse: facts.hasTools ?? base.supportsToolUse,
		...(isLocal && { isLocal }),
	};
	return { profile, assumed: `its figures are assumed${family === null ? '' : ` after ${family.assumedFrom}`}` };
}

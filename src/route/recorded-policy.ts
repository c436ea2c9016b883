import { type ModelCatalog, resolveQuality } from '../catalog/index.ts';
import type { CandidateRecord, ModelName, RouterConfig, TaskDescriptor } from '../contracts/index.ts';
import { sum } from '../util/index.ts';
import { CandidatePool } from './candidate-pool.ts';
import { findUnsureChoice } from './decide-route.ts';
import { resolvePrefix } from './exclude-models.ts';
import { getName } from './explain-decision.ts';
import { getLikelyTypes, isTypeGuessed, type LikelyType, type PolicyContext } from './policies.ts';
import { resolveRouteSettings } from './route-settings.ts';
import { combineScores, NEUTRAL_HISTORY, type ScoredModel } from './score-model.ts';

/** What a policy chooses of recorded candidates: a model; or what is not known any more, or the only one that it takes was none of them. */
export type RepeatedChoice = { model: ModelName } | { unknownModel: ModelName } | { ineligible: ModelName };

/** A policy that decides among the models of earlier decisions, by the figures that were recorded of them. */
export interface RecordedPolicy {
	readonly name: string;
	readonly version: string;
	/** As in the records of decisions that it made itself. */
	readonly hash: string;
	/** `at`: when it was decided, epoch ms: which model stands for the default one, and what a cached prefix is worth, changes with the day. */
	choose(task: TaskDescriptor, candidates: readonly CandidateRecord[], at: number): RepeatedChoice;
}

/**
 * The policy of a configuration, to decide earlier tasks again: what was eligible, what outcomes had taught, the expected costs and
 * times are those of the records, whatever has changed since. What outcomes change about a policy's choice (exploration, standing
 * down) is no part of it, nor is a model that the task names.
 * @throws InvalidConfigError for weights or a policy that cannot be used
 */
export function createRecordedPolicy(config: RouterConfig, catalog: ModelCatalog): RecordedPolicy {
	const settings = resolveRouteSettings(config, catalog, {});
	const pool = new CandidatePool(catalog, config);
	const { policy, weights } = settings;
	const restore = (record: CandidateRecord, task: TaskDescriptor, types: readonly LikelyType[]): ScoredModel => {
		const candidate = pool.get(record.model);
		const { estimatedCompletionMs: completionMs, estimatedCostNanoUsd: nanoUsd, predictedQuality, scores } = record;
		const prefix = resolvePrefix(task, pool);
		const isHolder = prefix === null || prefix.model === record.model;
		const laterLossNanoUsd = isHolder ? 0 : Math.ceil((prefix.turns - 1) * prefix.discountNanoUsd);
		const all = sum(types.map(({ probability }) => probability));
		return {
			candidate,
			quality: sum(types.map(({ type, probability }) => (probability / all) * resolveQuality(candidate.profile, type))),
			cost: nanoUsd === null ? null : { nanoUsd, lowNanoUsd: nanoUsd, highNanoUsd: nanoUsd, laterLossNanoUsd },
			latencyMs: candidate.profile.latencyMs,
			firstTokenMs: candidate.ttftMs,
			completionMs,
			history: NEUTRAL_HISTORY,
			predictedQuality,
			scores,
			totalScore: combineScores(scores, weights),
		};
	};
	return {
		name: policy.name,
		version: policy.version,
		hash: settings.policyHash,
		choose(task, candidates, at) {
			pool.refresh(at);
			const unknown = candidates.find(({ model }) => catalog.find(model) === undefined);
			if (unknown !== undefined) return { unknownModel: unknown.model };
			const isGuess = isTypeGuessed(task);
			const likelyTypes = getLikelyTypes(task);
			const types = isGuess ? likelyTypes : [{ type: task.type, probability: 1 }];
			const models = candidates
				.filter(({ model }) => policy.only === undefined || model === policy.only)
				.map((record) => restore(record, task, types));
			const defaultModel = pool.competingName(settings.defaultModel);
			// `scoreAs` serves the confidence alone
			const context: PolicyContext = { task, defaultModel, weights, likelyTypes, scoreAs: (model) => model };
			const ranked = policy.rank(models, context);
			const chosen = findUnsureChoice(ranked, { settings, task, context, isGuess }) ?? ranked[0];
			return chosen === undefined ? { ineligible: policy.only ?? defaultModel } : { model: getName(chosen) };
		},
	};
}

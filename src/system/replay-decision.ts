import { createModelCatalog } from '../catalog/index.ts';
import {
	type ChoiceChance,
	type Clock,
	type DecisionRecord,
	MAX_USD,
	type ModelName,
	type ModelProfile,
	type RouterConfig,
	type RouterStorage,
	type RoutingDecision,
	type TaskDescriptor,
} from '../contracts/index.ts';
import { CostOptimizer } from '../cost/index.ts';
import { InvalidInputError, isRouterError } from '../errors/index.ts';
import { EstimateCorrector, PerformanceTracker } from '../learn/index.ts';
import { NAMED_POLICIES, RoutingEngine } from '../route/index.ts';
import { toArmConfig } from './experiment-definition.ts';
import { applyPolicy, createQualityLookup } from './model-router.ts';
import { createDecisionRecord } from './recorder.ts';
import type { RoutingSystem } from './routing-system.ts';
import { restoreHistory } from './storage-session.ts';

/** What may differ when a recorded task is decided again. */
export interface ReplayChanges {
	weights?: RouterConfig['weights'];
	constraints?: TaskDescriptor['constraints'];
	/** Fields of the profile of one model. */
	profile?: { model: ModelName; fields: Partial<ModelProfile> };
}

/** A recorded decision made again. */
export interface DecisionReplay {
	record: DecisionRecord;
	/** What it was made from and is no longer there; empty where all of it is. */
	gone: string[];
	/** The decision made again; `null` where it cannot be made. */
	decision: RoutingDecision | null;
	/** What came out otherwise than recorded; empty when the two are the same to the last digit that is kept. */
	differences: string[];
	/** Decides once more with something changed; `null` where no model is left. */
	decide: (changes: ReplayChanges) => RoutingDecision | null;
	/** The weights that decided. */
	weights: RouterConfig['weights'];
}

/** An instant as the router's clock. */
const stopClock = (at: number): Clock => ({
	now: () => at,
	monotonic: () => 0,
	sleep: async () => {},
});

const SILENT = { error() {}, warn() {}, info() {}, debug() {} };

/** Outcomes that are looked through for those before a decision, the newest: reading more would hold up a gateway. */
const MAX_REWOUND = 20_000;

/** The storage as it was before an instant. */
function rewind({ budgets, ledger, performance, records }: RouterStorage, at: number): RouterStorage {
	const until = <Range extends { to: number }>(range: Range): Range => ({ ...range, to: Math.min(range.to, at) });
	return {
		budgets,
		performance: {
			performance: () => performance.performance(),
			observations: async (limit: number) =>
				(await performance.observations(MAX_REWOUND)).filter((each) => each.at < at).slice(0, limit),
		},
		ledger: { entries: (range, limit) => ledger.entries(until(range), limit) },
		records: {
			decision: (id) => records.decision(id),
			decisions: (range, limit) => records.decisions(until(range), limit),
			outcomes: (range, limit) => records.outcomes(until(range), limit),
		},
	} as Partial<RouterStorage> as RouterStorage;
}

/** The task as it was described; a text that stands for one too short to tell its type is as short. */
export function restoreTask({ features, inputs, taskText }: DecisionRecord): TaskDescriptor | null {
	if (inputs === undefined) return null;
	const { isTypeGuessed, typeProbabilities, ...task } = inputs.task;
	const descriptor: TaskDescriptor = { ...task, task: taskText ?? (isTypeGuessed ? '?' : '') };
	if (features !== undefined) descriptor.features = [...features];
	// types that are as good as impossible were not kept, and move nothing
	if (typeProbabilities !== undefined)
		descriptor.typeProbabilities = typeProbabilities as NonNullable<TaskDescriptor['typeProbabilities']>;
	return descriptor;
}

/** What is compared, in the order in which a difference is told. */
const COMPARED = [
	'model',
	'confidence',
	'estimatedCostNanoUsd',
	'estimatedLatencyMs',
	'candidates',
	'alternatives',
] as const;

function compareRecords(record: DecisionRecord, again: DecisionRecord): string[] {
	const differences = COMPARED.flatMap((field) => {
		if (JSON.stringify(record[field]) === JSON.stringify(again[field])) return [];
		const values =
			field === 'candidates' || field === 'alternatives' ? '' : `: ${record[field]} then, ${again[field]} now`;
		return [`${field}${values}`];
	});
	// the entry point may have added sentences of its own
	const isSaid = again.reasoning.every((sentence, index) => record.reasoning[index] === sentence);
	if (!isSaid) differences.push('reasoning');
	const list = ({ exclusions = [] }: DecisionRecord) =>
		exclusions.map(({ model, reason }) => `${model} ${reason}`).join();
	if (list(record) !== list(again)) differences.push('exclusions');
	return differences;
}

/** The configuration of the arm that a decision was drawn into; none where it was not, or the arm is gone. */
async function listArmConfigs(
	{ experiments }: RouterStorage,
	config: RouterConfig,
	id: string,
): Promise<RouterConfig[]> {
	const drawn = await experiments.request(id);
	if (drawn === null) return [];
	const experiment = (await experiments.list()).find(({ definition }) => definition.name === drawn.experiment);
	const arm = experiment?.definition.arms.find(({ name }) => name === drawn.arm);
	const isGone = arm?.model !== undefined && !config.models.some(({ name }) => name === arm.model);
	return arm === undefined || isGone ? [] : [toArmConfig(config, arm)];
}

/** The configuration under whose policy a decision was made, of these first; `null` where no policy of today is that one. */
function findConfig(
	record: DecisionRecord,
	{ arms, config, hashOf }: { arms: RouterConfig[]; config: RouterConfig; hashOf: (config: RouterConfig) => string },
) {
	const configs = [...arms, config, ...Object.keys(NAMED_POLICIES).map((name) => applyPolicy(config, name))];
	return configs.find((each) => hashOf(each) === record.policyHash) ?? null;
}

/**
 * Makes a recorded decision again: from the task as it was described, the catalog and configuration of today, and what outcomes had
 * taught before it. @throws InvalidInputError for a decision that is not known
 */
export async function replayDecision(system: RoutingSystem, id: string): Promise<DecisionReplay> {
	const { router } = system;
	const { budget } = system.costOptimizer;
	const storage = await system.flush();
	const record = await storage.records.decision(id);
	if (record === null)
		throw new InvalidInputError(
			`No decision "${id.slice(0, 60)}" is remembered here. "switchyard export --format json" lists the ids.`,
		);
	const clock = stopClock(record.at);
	const tracker = new PerformanceTracker({ clock, quality: createQualityLookup(router.catalog) });
	const correction = new EstimateCorrector();
	const { catalog } = router;
	await restoreHistory({
		storage: rewind(storage, record.at),
		tracker,
		corrector: correction,
		catalog,
		optimizer: new CostOptimizer(budget, system.config.models, { clock }),
		now: record.at,
		logger: SILENT,
		isLearning: system.config.enableLearning,
	});
	const unavailable = new Set(
		(record.exclusions ?? []).filter(({ reason }) => reason === 'unavailable').map(({ model }) => model),
	);
	const createEngine = (config: RouterConfig, profiles: readonly ModelProfile[] = catalog.profiles()) =>
		new RoutingEngine(
			{ ...config, enableCache: false },
			{
				random: () => record.inputs?.chance?.draw ?? 1,
				catalog: createModelCatalog(profiles),
				history: tracker,
				correction,
				clock,
				perRequestLimitUsd: budget.perRequestLimit,
				...(unavailable.size > 0 && {
					callableModels: profiles.map(({ name }) => name).filter((name) => !unavailable.has(name)),
				}),
			},
		);
	const arms = await listArmConfigs(storage, system.config, id);
	const hashOf = (config: RouterConfig) => createEngine(config).policyHash;
	const found = findConfig(record, { arms, config: system.config, hashOf });
	const config = found ?? system.config;
	const task = restoreTask(record);
	const decide = (changes: ReplayChanges): RoutingDecision | null => {
		if (task === null) return null;
		const { constraints, profile, weights } = changes;
		const profiles = catalog.profiles().map((each) => {
			if (each.name !== profile?.model) return each;
			const { pricing: _, ...unpriced } = each;
			return { ...(profile.fields.costPer1kInputTokens === undefined ? each : unpriced), ...profile.fields };
		});
		const same = withChance(config, Object.keys(changes).length === 0 ? record.inputs?.chance : undefined);
		const changed = weights === undefined ? same : withWeights(same, weights);
		return tryRoute(
			createEngine(changed, profiles),
			constraints === undefined ? task : { ...task, constraints },
			record,
		);
	};
	const decision = decide({});
	const again = decision === null ? null : createDecisionRecord(decision, {});
	const gone = listGone({ record, catalogVersion: catalog.version, hasPolicy: found !== null });
	const differences = again === null ? ['no model is left'] : compareRecords(record, again);
	if (gone.length === 0 && differences.length > 0)
		gone.push(
			differences.some((field) => field === 'exclusions')
				? 'the limits or the models that competed: the configuration has changed since'
				: 'what outcomes had taught by then: outcomes were archived, or rated since',
		);
	const weights = config.policy?.name === 'learned' ? config.policy.weights : config.weights;
	return { record, gone, decision, differences: task === null ? [] : differences, decide, weights };
}

/** Explores where the decision did, whatever is left of a day's budgets; nothing where no chance was in it. */
function withChance(config: RouterConfig, chance: ChoiceChance | undefined): RouterConfig {
	const configured = chance === undefined ? { share: 0, floor: 0 } : config.learning?.exploration;
	const exploration = { ...configured, dailyCost: MAX_USD, dailyPoints: MAX_USD };
	return { ...config, learning: { ...config.learning, exploration } };
}

const withWeights = (config: RouterConfig, weights: RouterConfig['weights']): RouterConfig =>
	config.policy?.name === 'learned' ? { ...config, policy: { ...config.policy, weights } } : { ...config, weights };

function listGone({
	record,
	catalogVersion,
	hasPolicy,
}: {
	record: DecisionRecord;
	catalogVersion: string;
	hasPolicy: boolean;
}): string[] {
	const { inputs, policy, policyHash, policyVersion } = record;
	const gone: string[] = [];
	if (inputs === undefined) gone.push('the task as it was described: the release that decided kept none');
	if (record.catalogVersion !== catalogVersion)
		gone.push(`the catalog ${record.catalogVersion}: prices or models have changed, it is ${catalogVersion} now`);
	if (!hasPolicy && policyHash !== undefined)
		gone.push(`the policy ${policy} ${policyVersion} with its weights (${policyHash}): it is not configured now`);
	return gone;
}

function tryRoute(engine: RoutingEngine, task: TaskDescriptor, { exclusions = [] }: DecisionRecord) {
	const unservable = exclusions
		.filter(({ reason }) => reason === 'unservable')
		.map(({ message, model }) => [model, message] as const);
	try {
		return engine.route(task, unservable.length === 0 ? undefined : new Map(unservable));
	} catch (error) {
		if (isRouterError(error)) return null;
		throw error;
	}
}

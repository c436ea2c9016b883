import type {
	CostEntry,
	DecisionRecord,
	ModelName,
	OutcomeRow,
	PolicyReference,
	RouterConfig,
	RouterStorage,
	TimeRange,
} from '../contracts/index.ts';
import { nanoToUsd } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { type Chances, evaluateOffPolicy, type LoggedChoice, type OffPolicyReport } from '../evaluate/index.ts';
import { createRecordedPolicy, type RecordedPolicy } from '../route/index.ts';
import { DAY_MS } from '../util/index.ts';
import { applyPolicy, parseModelChoice } from './model-router.ts';
import { restoreTask } from './replay-decision.ts';
import type { RoutingSystem } from './routing-system.ts';

/** Which policy is evaluated, and on what. */
export interface EvaluatePolicyOptions {
	/**
	 * `auto` (the configured one), a named policy (`cheap`, `best`, …) or a model's name (always that model); or what is to differ
	 * from the configuration.
	 */
	policy: string | Partial<Pick<RouterConfig, 'policy' | 'weights' | 'defaultModel'>>;
	/** When the decisions were made. @default all that are remembered; of more than 20,000 the newest */
	range?: TimeRange | undefined;
	/** Only decisions of this workload, by its name or id. */
	workload?: string | undefined;
	/** Weights above are cut to this, > 0. @default no weight is cut */
	clipAt?: number | undefined;
	/** Follows the policy only where the log can tell, and what was done elsewhere. @default false */
	isSupportedOnly?: boolean | undefined;
}

/** Decisions that say nothing of a policy, and why. */
export interface LeftOutDecisions {
	cause: string;
	decisions: number;
}

/** What a policy would have done and earned on the decisions that were recorded. */
export interface PolicyEvaluation {
	policy: PolicyReference;
	/** Decisions read, and those of them that it was evaluated on. */
	decisions: number;
	evaluated: number;
	/** `null` where nothing was evaluated. */
	range: TimeRange | null;
	leftOut: LeftOutDecisions[];
	/** Decisions evaluated that belong to no conversation: each counts as one of its own. */
	withoutConversation: number;
	/** Where the policy picks another model than the recorded one. */
	changed: number;
	/** Decisions that this very policy had made, and those of them that it makes again: anything less than all is a fault of the replay. */
	repeated: { decisions: number; same: number };
	/** Judged quality, 0-100; `null` where nothing was evaluated. */
	quality: OffPolicyReport | null;
	/** Percent of the requests that succeeded. */
	success: OffPolicyReport | null;
	/** USD a request. */
	cost: OffPolicyReport | null;
}

/** Decisions read, the newest: a record is some kilobytes. */
const MAX_DECISIONS = 20_000;
/** A charge is written within a day of its decision. */
const LATE_CHARGE_MS = DAY_MS;
const ALL_TIME: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER };

function resolvePolicy({ config, router }: RoutingSystem, policy: EvaluatePolicyOptions['policy']): RouterConfig {
	if (typeof policy !== 'string') return { ...config, ...policy };
	const { model, policy: name } = parseModelChoice(policy, router);
	if (model !== undefined) return { ...config, policy: { name: 'fixed', model } };
	return name === undefined ? config : applyPolicy(config, name);
}

/** A decision with what the policy would choose in its place. */
interface Redecided {
	record: DecisionRecord;
	chances: Chances;
	target: ModelName;
}

/** The probabilities with which a decision was made; `null` where the record does not have them. */
function readChances({ inputs, model, propensity }: DecisionRecord): Chances | null {
	if (inputs?.chance !== undefined) return inputs.chance.propensities;
	return propensity === 1 ? { [model]: 1 } : null;
}

/** What the policy chooses in the place of a decision, or why that cannot be said. */
function redecide(record: DecisionRecord, policy: RecordedPolicy): Redecided | { cause: string } {
	const { candidates, inputs } = record;
	const task = restoreTask(record);
	if (task === null || candidates === undefined) return { cause: 'the release that decided kept no candidates' };
	if (inputs?.task.constraints?.preferredModel !== undefined) return { cause: 'the caller named the model' };
	if (record.policy === 'fixed') return { cause: 'the policy was fixed to one model, and no other was looked at' };
	const chances = readChances(record);
	if (chances === null) return { cause: 'the release that decided kept the probability of the chosen model only' };
	const choice = policy.choose(task, candidates, record.at);
	if ('unknownModel' in choice)
		return { cause: `${choice.unknownModel} was a candidate and is no longer in the catalog` };
	if ('ineligible' in choice) return { cause: `${choice.ineligible} was not among the candidates` };
	return { record, chances, target: choice.model };
}

/** The conversation of each decision, by whom it was charged to. */
function findConversations(entries: readonly CostEntry[]): Map<string, string> {
	const conversations = new Map<string, string>();
	for (const { attribution, decisionId } of entries) {
		if (decisionId === null || attribution?.session === undefined) continue;
		conversations.set(decisionId, JSON.stringify([attribution.key, attribution.session]));
	}
	return conversations;
}

/** What a decision earned, by an outcome; `null`: not known. */
type Earn = (outcome: OutcomeRow) => number | null;

const REWARDS = {
	quality: (outcome) => outcome.quality,
	success: (outcome) => (outcome.success ? 100 : 0),
	cost: ({ actualCostNanoUsd }) => (actualCostNanoUsd === null ? null : nanoToUsd(actualCostNanoUsd)),
} satisfies Record<string, Earn>;

/** What was predicted of a reward before the choice, by candidate. */
function readExpected({ candidates = [] }: DecisionRecord, reward: keyof typeof REWARDS): Chances | undefined {
	if (reward === 'success') return undefined;
	return Object.fromEntries(
		candidates.map(({ estimatedCostNanoUsd, model, predictedQuality }) => [
			model,
			reward === 'quality' ? predictedQuality.value : nanoToUsd(estimatedCostNanoUsd ?? 0),
		]),
	);
}

async function readDecisions(storage: RouterStorage, range: TimeRange, workload: string | undefined) {
	const records = await storage.records.decisions(range, MAX_DECISIONS);
	return workload === undefined ? records : records.filter((record) => record.workload === workload);
}

/**
 * What a policy would have earned on the decisions that were recorded, by off-policy estimates: each task is decided again from what its
 * record has, and the outcomes of the choices that both have in common are weighed by the recorded probabilities. The unit of evidence
 * is the conversation. Nothing is called or recorded.
 * @throws InvalidInputError for a policy that is none, and where no decision is remembered
 * @throws UnknownModelError for a name that is neither a policy nor a model
 */
export async function evaluatePolicy(system: RoutingSystem, options: EvaluatePolicyOptions): Promise<PolicyEvaluation> {
	const { clipAt, isSupportedOnly, range = ALL_TIME, workload } = options;
	const policy = createRecordedPolicy(resolvePolicy(system, options.policy), system.router.catalog);
	const storage = await system.flush();
	const records = await readDecisions(storage, range, workload);
	if (records.length === 0)
		throw new InvalidInputError(
			`No decision${workload === undefined ? '' : ` of the workload "${workload.slice(0, 80)}"`} is remembered in that time. Route tasks first, or name another time or workload.`,
		);
	const span = { from: records.at(-1)?.at ?? 0, to: (records[0]?.at ?? 0) + 1 };
	const late = { from: span.from, to: span.to + LATE_CHARGE_MS };
	const outcomes = new Map(
		(await storage.records.outcomes(late, 2 * MAX_DECISIONS)).map((outcome) => [outcome.decisionId, outcome]),
	);
	const conversations = findConversations(await storage.ledger.entries(late, 4 * MAX_DECISIONS));
	const causes = new Map<string, number>();
	const evaluated: Redecided[] = [];
	for (const record of records) {
		const decided = redecide(record, policy);
		if ('cause' in decided) causes.set(decided.cause, (causes.get(decided.cause) ?? 0) + 1);
		else evaluated.push(decided);
	}
	const own = evaluated.filter(
		({ record }) => record.policyHash === policy.hash && record.inputs?.chance === undefined,
	);
	const estimate = (reward: keyof typeof REWARDS): OffPolicyReport | null => {
		if (evaluated.length === 0) return null;
		const choices = evaluated.map(({ chances, record, target }): LoggedChoice => {
			const outcome = outcomes.get(record.id);
			return {
				id: record.id,
				cluster: conversations.get(record.id) ?? record.id,
				model: record.model,
				chances,
				target: { [target]: 1 },
				keepProbability: record.inputs?.keepProbability,
				reward: outcome === undefined ? null : REWARDS[reward](outcome),
				expected: readExpected(record, reward),
				cells: [record.taskType, ...(record.workload === undefined ? [] : [record.workload])],
				at: record.at,
			};
		});
		return evaluateOffPolicy(choices, { clipAt, isSupportedOnly });
	};
	return {
		policy: { name: policy.name, version: policy.version, hash: policy.hash },
		decisions: records.length,
		evaluated: evaluated.length,
		range: evaluated.length === 0 ? null : span,
		leftOut: [...causes].map(([cause, decisions]) => ({ cause, decisions })).sort((a, b) => b.decisions - a.decisions),
		withoutConversation: evaluated.filter(({ record }) => !conversations.has(record.id)).length,
		changed: evaluated.filter(({ record, target }) => record.model !== target).length,
		repeated: { decisions: own.length, same: own.filter(({ record, target }) => record.model === target).length },
		quality: estimate('quality'),
		success: estimate('success'),
		cost: estimate('cost'),
	};
}

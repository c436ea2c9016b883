import {
	type Classifier,
	type Conversation,
	type ModelProfile,
	type RouterConfig,
	TASK_TYPES,
	type TaskInput,
	type TaskType,
} from '../../src/contracts/index.ts';
import { completeRouterConfig, RoutingSystem } from '../../src/engine.ts';
import { clamp, stableHash } from '../../src/util/index.ts';
import { makeProfile, makeTask } from './route-models.ts';
import { createSeededRandom, drawNormal } from './seeded-random.ts';

/** Standard deviations that the truth is drawn with, level by level, and of a rating about it; 0 to 1. */
export interface Deviations {
	model: number;
	type: number;
	workload: number;
	both: number;
	/** Of one cell in ten. */
	outlier: number;
	rating: number;
	/** Of the catalog's figures for a model and type, which know nothing of the truth. */
	catalog: number;
}

/** The published ones. */
export const DEVIATIONS: Deviations = {
	model: 0.1,
	type: 0.08,
	workload: 0.08,
	both: 0.04,
	outlier: 0.2,
	rating: 0.1,
	catalog: 0.03,
};

/** Mean of the truth, and of what the catalog says. */
const PRIOR = 0.7;
const OUTLIER_SHARE = 0.1;
const WORKLOADS = ['chat', 'agent', 'nightly', 'support', 'search'];

/** A run, and how it is set up. */
export interface HiddenTruthOptions {
	seed: number;
	requests?: number;
	/** Share of the answers that somebody rates. */
	rated?: number;
	models?: number;
	deviations?: Partial<Deviations>;
	router?: Parameters<typeof completeRouterConfig>[0];
	/** What is true instead of what is drawn, 0 to 1. */
	truth?: (model: number, type: TaskType, workload: string) => number;
	/** Fields of a model's profile. */
	profile?: (model: number) => Parameters<typeof makeProfile>[1];
}

/** One request of a run: what was chosen for it, and how good that truly is, beside the best and each single model. */
export interface TrueRequest {
	workload: string;
	chosen: string;
	policy: string;
	/** True quality of the chosen model, of the best, and of the one that the catalog alone would choose. */
	quality: number;
	best: number;
	ofPrior: number;
	/** True quality of each model, by its number. */
	ofModels: readonly number[];
	/** What the policy itself would have chosen, where something took its place. */
	propensity: number;
}

/** Reads the type that a test wrote into its ask: what is tested here is what follows from it. */
const namedType: Classifier = {
	version: 'named-type@1',
	classify(task: TaskInput) {
		const conversation = task as Conversation;
		const type = TASK_TYPES.find((each) => each === conversation.messages?.[0]?.content) ?? 'simple-task';
		const descriptor = makeTask({ type, complexity: 'medium', task: type });
		const typeProbabilities = Object.fromEntries(TASK_TYPES.map((each) => [each, each === type ? 1 : 0]));
		return { ...descriptor, typeProbabilities } as ReturnType<Classifier['classify']>;
	},
};

function drawTruth(random: () => number, models: number, deviations: Deviations): Map<string, number> {
	const draw = (deviation: number) => deviation * drawNormal(random);
	const truth = new Map<string, number>();
	for (let model = 0; model < models; model += 1) {
		const ofModel = PRIOR + draw(deviations.model);
		const ofWorkloads = WORKLOADS.map(() => draw(deviations.workload));
		for (const type of TASK_TYPES) {
			const ofType = draw(deviations.type);
			for (const [index, workload] of WORKLOADS.entries()) {
				const outlier = random() < OUTLIER_SHARE ? draw(deviations.outlier) : 0;
				const quality = ofModel + ofType + (ofWorkloads[index] ?? 0) + draw(deviations.both) + outlier;
				truth.set(`${model} ${type} ${workload}`, clamp(quality, 0.02, 0.98));
			}
		}
	}
	return truth;
}

/**
 * Runs the whole loop (decide, answer, rate, learn, decide) over models whose quality nobody but this function knows. They cost the
 * same, and all that the catalog says of them is the same, unless `profile` says otherwise.
 */
export async function runHiddenTruth(options: HiddenTruthOptions): Promise<TrueRequest[]> {
	const { requests = 3000, rated = 0.1, models = 8, seed } = options;
	const deviations = { ...DEVIATIONS, ...options.deviations };
	const random = createSeededRandom(seed);
	const drawn = drawTruth(random, models, deviations);
	const getTruth = (model: number, type: TaskType, workload: string): number =>
		options.truth?.(model, type, workload) ?? drawn.get(`${model} ${type} ${workload}`) ?? 0;
	const drawFigure = () => ({ value: 100 * clamp(PRIOR + deviations.catalog * drawNormal(random), 0, 1) });
	const profiles = Array.from({ length: models }, (_, model) => {
		const figures = Object.fromEntries(TASK_TYPES.map((type) => [type, drawFigure()]));
		const known = {
			qualityScore: 100 * PRIOR,
			qualityByTaskType: figures as NonNullable<ModelProfile['qualityByTaskType']>,
		};
		return makeProfile(`m${model}`, { ...known, ...options.profile?.(model) });
	});
	const config: RouterConfig = completeRouterConfig({
		models: profiles,
		candidates: profiles.map(({ name }) => name),
		defaultModel: 'm0',
		...options.router,
	});
	await using system = new RoutingSystem(config, undefined, { classifier: namedType, random, hashTask: stableHash });
	const prior = new RoutingSystem({ ...config, enableLearning: false }, undefined, { classifier: namedType, random });
	const pick = <Value>(list: readonly Value[]): Value => list[Math.floor(random() * list.length)] as Value;
	const done: TrueRequest[] = [];
	for (let index = 0; index < requests; index += 1) {
		const [type, workload] = [pick(TASK_TYPES), pick(WORKLOADS)];
		const task = { messages: [{ role: 'user', content: type }] };
		const decision = await system.routeTask(task, { workload });
		const chosen = decision.model.name;
		const quality = getTruth(Number(chosen.slice(1)), type, workload);
		const rating = clamp(quality + deviations.rating * drawNormal(random), 0, 1);
		const judge = random() < rated ? { judge: () => 100 * rating } : {};
		await system.executeDecision(decision, async () => 'answered', judge);
		const priorChoice = (await prior.routeTask(task)).model.name;
		const ofModels = profiles.map((_, model) => getTruth(model, type, workload));
		const ofPrior = ofModels[Number(priorChoice.slice(1))] ?? 0;
		const { policy, propensity } = decision;
		done.push({
			workload,
			chosen,
			policy: policy.name,
			quality,
			best: Math.max(...ofModels),
			ofPrior,
			ofModels,
			propensity,
		});
	}
	await prior.close();
	return done;
}

/** Mean of a figure over requests. */
export function meanOf(requests: readonly TrueRequest[], get: (request: TrueRequest) => number): number {
	return requests.reduce((sum, request) => sum + get(request), 0) / requests.length;
}

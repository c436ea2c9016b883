import type { ModelProfile, RouterEvent, RouterStorage, Usage } from '../../src/contracts/index.ts';
import { completeBudgetConfig, completeRouterConfig, ProviderCallError, RoutingSystem } from '../../src/engine.ts';
import type { AttemptContext } from '../../src/execute/index.ts';
import { createMemoryStorage } from '../../src/storage/memory/index.ts';
import type { ExperimentInput } from '../../src/system/index.ts';
import { ManualClock } from '../../src/testing/index.ts';
import { clamp } from '../../src/util/index.ts';
import { makeProfile } from './route-models.ts';
import { createSeededRandom, drawNormal } from './seeded-random.ts';

/** What is true of a model, and nobody in the system knows. */
export interface TrueModel {
	/** Mean of its ratings, 0 to 100. */
	quality: number;
	/** USD per 1,000 tokens of output. */
	price: number;
	/** Share of its calls that fail, 0 to 1. */
	failures?: number;
	/** Share of its answers that somebody rates. @default all */
	rated?: number;
	/** Milliseconds of a call. */
	latencyMs?: number;
}

/** A router over models whose quality, failures and latency only this world knows, at a clock that it moves. */
export interface ExperimentWorld {
	system: RoutingSystem;
	clock: ManualClock;
	events: RouterEvent[];
	/** Answers requests, each a conversation of its own unless it is named, until `isOver`; answers how many. */
	serve(requests: number, options?: { sessions?: readonly string[]; isOver?: () => boolean }): Promise<number>;
}

const AUTHOR = { by: 'command-line', byName: null, at: 0 };

export { AUTHOR as WORLD_AUTHOR };

function createProfiles(models: Readonly<Record<string, TrueModel>>): ModelProfile[] {
	return Object.entries(models).map(([name, { price }]) =>
		makeProfile(name, { costPer1kInputTokens: price / 5, costPer1kOutputTokens: price, qualityScore: 80 }),
	);
}

/** Opens a world, in which the first model answers everything. */
export function openExperimentWorld(options: {
	models: Readonly<Record<string, TrueModel>>;
	seed: number;
	storage?: () => Promise<RouterStorage> | RouterStorage;
	clock?: ManualClock;
	router?: Parameters<typeof completeRouterConfig>[0];
}): ExperimentWorld {
	const { clock = new ManualClock(), models, seed, storage = createMemoryStorage } = options;
	const random = createSeededRandom(seed);
	const profiles = createProfiles(models);
	const [first] = profiles;
	const config = completeRouterConfig({
		models: profiles,
		candidates: profiles.map(({ name }) => name),
		defaultModel: first?.name ?? '',
		policy: { name: 'fixed', model: first?.name ?? '' },
		fallback: { enabled: false, maxAttempts: 1 },
		enableLearning: false,
		...options.router,
	});
	const budget = completeBudgetConfig({ dailyLimit: 1e6, monthlyLimit: 1e6, perRequestLimit: 100 });
	const system = new RoutingSystem(config, budget, { clock, random, openStorage: storage });
	const events: RouterEvent[] = [];
	system.onEvent((event) => {
		if (event.type === 'experiment-ended') events.push(event);
	});
	const call = async (model: string, _context: AttemptContext): Promise<{ usage: Usage }> => {
		const { failures = 0, latencyMs = 500 } = models[model] ?? {};
		await clock.advance(latencyMs * (0.5 + random()));
		if (random() < failures) throw new ProviderCallError('It is out.', { status: 500 } as never);
		const outputTokens = Math.ceil(200 * Math.exp(0.8 * drawNormal(random)));
		return { usage: { inputTokens: 300, outputTokens } as Usage };
	};
	let conversations = 0;
	const answer = async (session = `conversation ${++conversations}`): Promise<void> => {
		const attribution = { attribution: { session } };
		const decision = await system.routeTask('Fix the login bug', attribution);
		const { quality = 0, rated = 1 } = models[decision.model.name] ?? {};
		const isRated = random() < rated;
		const rating = clamp(quality + 15 * drawNormal(random), 0, 100);
		await system
			.executeDecision(decision, call, { ...attribution, ...(isRated && { judge: () => rating }) })
			.catch(() => undefined);
		await clock.advance(1000);
	};
	return {
		system,
		clock,
		events,
		async serve(requests, { isOver = () => events.length > 0, sessions = [] } = {}) {
			for (let count = 0; count < requests; count += 1) {
				if (isOver()) return count;
				await answer(sessions[count % sessions.length]);
			}
			return requests;
		},
	};
}

/** Two arms: what is configured, and another model. */
export function compareModels(change: Partial<ExperimentInput> = {}): ExperimentInput {
	return {
		name: 'small-first',
		arms: [{ name: 'now' }, { name: 'small', model: 'small' }],
		costCapUsd: 0.05,
		latencyCapMs: 5000,
		windowMinutes: 1,
		...change,
	};
}

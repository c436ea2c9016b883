// One round in a fresh process: prints its timings as JSON. Run by run.ts.
import { DEFAULT_ROUTER_CONFIG, ModelRouter, TaskClassifier } from '../../src/engine.ts';
import { measure } from './measure.ts';
import { promptOf } from './prompts.ts';

const SIZES = { '100 B': 100, '1 KB': 1024, '100 KB': 102_400, '1 MB': 1_048_576 } as const;
const RUNS = { '100 B': 4000, '1 KB': 4000, '100 KB': 1000, '1 MB': 400 } as const;
const KEPT_PROMPTS = 64;

function timeSizes(): Record<string, unknown> {
	const classifier = new TaskClassifier();
	const uncached = new ModelRouter({ ...DEFAULT_ROUTER_CONFIG, enableCache: false });
	const cached = new ModelRouter(DEFAULT_ROUTER_CONFIG);
	const results: Record<string, unknown> = {};
	for (const [name, bytes] of Object.entries(SIZES)) {
		const runs = RUNS[name as keyof typeof RUNS]; // the same names
		const prompts = Array.from({ length: KEPT_PROMPTS }, (_, index) => promptOf(bytes, index));
		const promptAt = (index: number) => prompts[index % KEPT_PROMPTS] ?? '';
		// A prompt of a megabyte fits no budget of the default configuration: the decision is timed without that limit.
		const descriptors = prompts.map((prompt) => ({
			...classifier.classify(prompt),
			estimatedInputTokens: 20_000,
			inputTokensInterval: { low: 10_000, high: 30_000 },
		}));
		const descriptorAt = (index: number) => descriptors[index % KEPT_PROMPTS] ?? descriptors[0];
		const route = (router: ModelRouter) => (index: number) => {
			const descriptor = descriptorAt(index);
			return descriptor && router.route(descriptor);
		};
		results[name] = {
			classification: measure((index) => classifier.classify(promptAt(index)), runs),
			decision: measure(route(uncached), runs),
			cached: measure(route(cached), runs),
			both: measure(
				(index) =>
					uncached.route({
						...classifier.classify(promptAt(index)),
						estimatedInputTokens: 20_000,
						inputTokensInterval: { low: 10_000, high: 30_000 },
					}),
				runs,
			),
		};
	}
	return results;
}

function heapOverDecisions(decisions: number): number[] {
	const classifier = new TaskClassifier();
	const router = new ModelRouter(DEFAULT_ROUTER_CONFIG);
	const heaps: number[] = [];
	for (let index = 0; index < decisions; index += 1) {
		// Every decision is of another task, so that the cache is filled and turned over.
		router.route({ ...classifier.classify('Fix the login bug'), estimatedInputTokens: 500 + (index % 20_000) });
		if (index % (decisions / 5) === decisions / 5 - 1) {
			globalThis.gc?.();
			heaps.push(Math.round(process.memoryUsage().heapUsed / 1024));
		}
	}
	return heaps;
}

const mode = process.argv[2];
const result = mode === 'heap' ? heapOverDecisions(Number(process.argv[3])) : timeSizes();
process.stdout.write(JSON.stringify(result));

import { describe, expect, it } from 'vitest';
import {
	CostOptimizer,
	completeRouterConfig,
	DEFAULT_BUDGET_CONFIG,
	DEFAULT_MODEL_PROFILES,
	DEFAULT_ROUTER_CONFIG,
	FallbackChain,
	ModelRouter,
	RoutingSystem,
	TaskClassifier,
} from '../../src/engine.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

const classifier = new TaskClassifier();
const router = new ModelRouter(DEFAULT_ROUTER_CONFIG);

describe('the earlier program’s expectations', () => {
	it.each([
		['Quick documentation update', 'haiku'],
		['Implement REST API with authentication', 'sonnet'],
		['Design critical production architecture', 'opus'],
		['Debug complex distributed system issue', 'sonnet'],
	])('%s → %s', (task, expected) => {
		const { model } = router.route(classifier.classify(task));
		expect([model.name, ...(model.standsFor ?? [])]).toContain(expected);
		expect(`${model}`).toBe(model.name);
	});

	it('seed chains', () => {
		const chains = new RoutingSystem().fallback.getFallbackConfigs();
		expect(Object.fromEntries([...chains].map(([name, { fallbacks }]) => [name, fallbacks.join()]))).toEqual({
			opus: 'sonnet,gpt-4',
			sonnet: 'haiku,gpt-3.5',
			haiku: 'gpt-3.5,gemini-flash',
			'gpt-4': 'sonnet,opus',
			'gemini-pro': 'sonnet,gpt-4',
		});
	});

	it('tracked usage is in the budget and the summary', () => {
		const optimizer = new CostOptimizer(DEFAULT_BUDGET_CONFIG, DEFAULT_MODEL_PROFILES);
		optimizer.trackUsage('sonnet', 'code-generation', { input: 1250, output: 2100 }, 0.0189);
		optimizer.trackUsage('haiku', 'documentation', { input: 600, output: 800 }, 0.0045);
		expect(optimizer.checkBudget()).toMatchObject({
			dailySpent: 0.0234,
			dailyLimit: 10,
			exceeded: false,
			warning: false,
		});
		expect(optimizer.getSummary()).toMatchObject({ totalRequests: 2, totalTokens: 4750 });
	});
});

describe('defects of the earlier code are gone', () => {
	it('"latest" is not a testing task, and "analyze" is no pattern of its own', () => {
		expect(classifier.classifyType('Summarize the latest changes in the changelog')).not.toBe('testing');
		expect(['single-shot', 'multi-step', 'iterative']).toContain(classifier.detectTaskPattern('Analyze the logs'));
	});

	it('a short task need not be simple', () => {
		expect(classifier.classifyComplexity('Fix authentication bug in login endpoint')).toBe('medium');
	});

	it('constraints are hard', () => {
		const task = classifier.classify('Design scalable microservices architecture');
		const free = router.route(task);
		const held = router.route({ ...task, constraints: { maxCost: free.estimatedCost / 2 } });
		expect(held.estimatedCost).toBeLessThanOrEqual(free.estimatedCost / 2);
		expect(held.exclusions.find(({ model }) => model === free.model.name)?.reason).toBe('max-cost');
	});

	it('preferredModel and requiredCapabilities are heard', () => {
		const task = classifier.classify('Add JSDoc comments to utility functions');
		expect(router.route({ ...task, constraints: { preferredModel: 'opus' } }).model.name).toBe('opus');
		const blind = completeRouterConfig({
			candidates: ['opus', 'sonnet', 'haiku'],
			models: DEFAULT_MODEL_PROFILES.map((profile) => ({ ...profile, supportsVision: profile.name === 'sonnet' })),
		});
		const seeing = new ModelRouter(blind).route({ ...task, constraints: { requiredCapabilities: ['vision'] } });
		expect(seeing.model.name).toBe('sonnet');
	});

	it('the decision cache knows constraints, and hits are counted', () => {
		const own = new ModelRouter(DEFAULT_ROUTER_CONFIG);
		const task = classifier.classify('Design scalable microservices architecture');
		own.route(task);
		expect(own.route({ ...task, constraints: { maxCost: 0.1 } }).cached).toBe(false);
		expect(own.route(task).cached).toBe(true);
		expect(own.getStats().performance.cacheHitRate).toBeCloseTo(100 / 3, 5);
		expect(own.getStats().performance.avgDecisionTime).toBeGreaterThan(0);
	});

	it('outcomes change the historical score', () => {
		const own = new ModelRouter(completeRouterConfig({ candidates: ['opus', 'sonnet', 'haiku'] }));
		const task = classifier.classify('Fix bug in payment processing');
		const { id } = own.route(task);
		for (let index = 0; index < 20; index += 1) {
			own.recordOutcome(id, 'sonnet', false, 0, 0.01, 1000, { input: 1, output: 1 });
		}
		const score = own.route(task).scores.find(({ model }) => model.name === 'sonnet');
		expect(score?.scores.historicalPerformance).toBeLessThan(30);
	});

	it('partial alerts and fallback keep their other settings', () => {
		const config = completeRouterConfig({ fallback: { timeout: 5 }, weights: { cost: 0.4 } });
		expect(config.fallback).toEqual({ enabled: true, maxAttempts: 3, timeout: 5 });
		expect(config.weights).toMatchObject({ cost: 0.4, capability: 0.35 });
	});

	it('a number in a text is no rate limit, and maxRetries: 0 is none', async () => {
		const chain = new FallbackChain({ policy: { initialDelayMs: 0 } });
		chain.defineFallbacks('opus', [], { maxRetries: 0 });
		let calls = 0;
		const failing = chain.executeWithFallback(async () => {
			calls += 1;
			throw new Error('row 429 of the table is broken');
		}, ['opus']);
		await expect(failing).rejects.toMatchObject({ code: 'ROUTER_ALL_MODELS_FAILED' });
		expect(calls).toBe(1);
		expect(chain.isRateLimited('opus')).toBe(false);
	});

	it('three models that always fail are nine attempts, in the specification’s words', async () => {
		const chain = new FallbackChain({ policy: { initialDelayMs: 0 } });
		const failing = chain.executeWithFallback(async () => {
			throw new Error('boom');
		}, ['opus', 'sonnet', 'gpt-4']);
		await expect(failing).rejects.toThrow(/^All models failed after 9 attempts\n/);
	});

	it('a timeout aborts the call', async () => {
		const chain = new FallbackChain();
		let aborted = false;
		const hanging = chain.executeWithFallback(
			(_model, { signal }) =>
				new Promise((_resolve, reject) => {
					signal.addEventListener('abort', () => {
						aborted = true;
						reject(signal.reason);
					});
				}),
			['opus'],
			{ timeoutMs: 5, attemptsPerModel: 1 },
		);
		await expect(hanging).rejects.toThrow();
		expect(aborted).toBe(true);
	});

	it('nothing keeps the process alive', async () => {
		const project = createTemporaryProject();
		try {
			const entryPoint = new URL('../../src/engine.ts', import.meta.url).href;
			const program = `import { RoutingSystem } from '${entryPoint}'; await new RoutingSystem().routeTask('Fix the bug');`;
			const { code } = await project.run(process.execPath, ['--input-type=module', '-e', program]);
			expect(code).toBe(0);
		} finally {
			project.remove();
		}
	});
});

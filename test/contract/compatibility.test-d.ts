import { expectTypeOf, it } from 'vitest';
import {
	type BudgetConfig,
	type BudgetStatus,
	CostOptimizer,
	type CostReport,
	type CostSuggestion,
	createDefaultRoutingSystem,
	createRoutingSystem,
	DEFAULT_BUDGET_CONFIG,
	DEFAULT_MODEL_PROFILES,
	DEFAULT_ROUTER_CONFIG,
	FallbackChain,
	type FallbackConfig,
	type FallbackResult,
	type ModelName,
	type ModelProfile,
	type ModelProvider,
	ModelRouter,
	type OutcomeRecord,
	type RateLimitInfo,
	type RouterConfig,
	type RoutingDecision,
	type RoutingScore,
	type RoutingStats,
	RoutingSystem,
	TaskClassifier,
	type TaskComplexity,
	type TaskConstraints,
	type TaskDescriptor,
	type TaskPattern,
	type TaskType,
	type TokenEstimate,
	type Usage,
} from '../../src/index.ts';

it('code written for the earlier types compiles', () => {
	const profile: ModelProfile = {
		id: 'x',
		name: 'mine',
		modelId: 'x-1',
		provider: 'custom',
		strengths: ['debugging'],
		costPer1kInputTokens: 0.001,
		costPer1kOutputTokens: 0.002,
		latencyMs: 1000,
		contextWindow: 1000,
		maxOutputTokens: 100,
		qualityScore: 50,
		supportsExtendedThinking: false,
		supportsVision: false,
		supportsToolUse: false,
	};
	const descriptor: TaskDescriptor = {
		task: 'x',
		type: 'debugging',
		complexity: 'medium',
		pattern: 'chain-of-thought',
		estimatedInputTokens: 1,
		estimatedOutputTokens: 1,
		requiresExtendedThinking: false,
		involvesCode: true,
		requiresCreativity: false,
		priority: 3,
		constraints: { maxCost: 1, maxLatency: 1, minQuality: 1, preferredModel: 'opus', requiredCapabilities: ['vision'] },
	};
	const config: RouterConfig = { ...DEFAULT_ROUTER_CONFIG, models: [...DEFAULT_MODEL_PROFILES, profile] };
	const router = new ModelRouter(config, 'some/path');
	expectTypeOf(router.route(descriptor)).toExtend<RoutingDecision>();
	expectTypeOf(router.getModel('opus')).toEqualTypeOf<ModelProfile | undefined>();
	router.recordOutcome('id', 'opus', true, 90, 0.01, 1000, { input: 1, output: 1 });
	expectTypeOf(router.getStats()).toEqualTypeOf<RoutingStats>();

	const optimizer = new CostOptimizer(DEFAULT_BUDGET_CONFIG, new Map<ModelName, ModelProfile>([['mine', profile]]));
	optimizer.trackUsage('mine', 'debugging', { input: 1, output: 1 }, 0.1);
	optimizer.setBudget(1, 2);
	expectTypeOf(optimizer.checkBudget()).toEqualTypeOf<BudgetStatus>();
	expectTypeOf(optimizer.suggestDowngrades()).toEqualTypeOf<CostSuggestion[]>();
	expectTypeOf(optimizer.generateReport({ start: new Date(), end: new Date() })).toEqualTypeOf<CostReport>();
	expectTypeOf(optimizer.exportRecords('csv')).toEqualTypeOf<string>();
	expectTypeOf(optimizer.getSummary().totalSpent).toEqualTypeOf<number>();
	optimizer.clearOldRecords();

	const chain = new FallbackChain();
	chain.defineFallbacks('opus', ['sonnet'], { maxRetries: 1 });
	const legacy = async (model: ModelName): Promise<string> => model;
	expectTypeOf(chain.executeWithFallback(legacy, ['opus'])).toEqualTypeOf<Promise<FallbackResult<string>>>();
	expectTypeOf(chain.getFallbackConfigs()).toEqualTypeOf<Map<ModelName, FallbackConfig>>();
	expectTypeOf(chain.getRateLimitInfo('opus')).toEqualTypeOf<RateLimitInfo | undefined>();

	const classifier = new TaskClassifier();
	expectTypeOf(classifier.classify('x', 'context')).toExtend<TaskDescriptor>();
	expectTypeOf(classifier.estimateTokens('x', 'y')).toEqualTypeOf<TokenEstimate>();
	expectTypeOf(classifier.classifyType('x')).toEqualTypeOf<TaskType>();
	expectTypeOf(classifier.classifyComplexity('x')).toEqualTypeOf<TaskComplexity>();
	expectTypeOf(classifier.detectTaskPattern('x')).toEqualTypeOf<TaskPattern>();
	expectTypeOf(classifier.explain(descriptor)).toEqualTypeOf<string>();

	const routing: RoutingSystem = createRoutingSystem({ weights: config.weights }, { dailyLimit: 5 });
	expectTypeOf(createDefaultRoutingSystem()).toEqualTypeOf<RoutingSystem>();
	expectTypeOf(routing.executeWithRouting('x', legacy, 'context')).toEqualTypeOf<Promise<string>>();
	expectTypeOf(new RoutingSystem(config, DEFAULT_BUDGET_CONFIG)).toEqualTypeOf<RoutingSystem>();
});

it('keeps the earlier fields', () => {
	expectTypeOf<RoutingDecision>().toHaveProperty('estimatedLatency');
	expectTypeOf<RoutingDecision['timestamp']>().toEqualTypeOf<Date>();
	expectTypeOf<RoutingDecision['model']['name']>().toEqualTypeOf<ModelName>();
	expectTypeOf<RoutingScore>().toHaveProperty('weightedScore');
	expectTypeOf<OutcomeRecord['feedback']>().toExtend<{ rating: number; comment?: string } | undefined>();
	expectTypeOf<BudgetConfig['alerts']>().toEqualTypeOf<{ dailyWarning: number; monthlyWarning: number }>();
	expectTypeOf<TaskConstraints>().toHaveProperty('preferredModel');
	expectTypeOf<'anthropic'>().toExtend<ModelProvider>();
});

it('the executor’s value reaches `judge` and `usageOf` with its type', () => {
	const usage = { inputTokens: 1 } as Usage;
	const system = createDefaultRoutingSystem();
	const answer = system.executeWithRouting('x', async () => ({ text: 'hello', usage }), {
		judge: (value) => {
			expectTypeOf(value).toEqualTypeOf<{ text: string; usage: Usage }>();
			return value.text.length;
		},
		hooks: { usageOf: (value) => value.usage },
	});
	expectTypeOf(answer).resolves.toEqualTypeOf<{ text: string; usage: Usage }>();
});

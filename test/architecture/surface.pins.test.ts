import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { createProgram } from '../../src/cli/program.ts';
import { ENVIRONMENT_VARIABLES, SPECIAL_VARIABLES } from '../../src/config/index.ts';
import { ERROR_CODES } from '../../src/errors/index.ts';

function textOf(path: string): string {
	return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

const PINNED_ENGINE =
	'AllModelsFailedError AttemptTimeoutError BudgetExceededError CostOptimizer DEFAULT_BUDGET_CONFIG DEFAULT_FALLBACKS ' +
	'DEFAULT_MODEL_PROFILES DEFAULT_RETRY_POLICY DEFAULT_ROUTER_CONFIG DEFAULT_WEIGHTS ERROR_CODES FallbackChain ' +
	'InvalidConfigError InvalidInputError LOG_LEVELS LexiconClassifier ModelRouter NANO_PER_USD NoEligibleModelError ' +
	'PerformanceTracker ProviderCallError RequestAbortedError RouterError RoutingSystem SPECIFICATION_MODELS StorageError ' +
	'StreamInterruptedError TASK_COMPLEXITIES TASK_TYPES TaskClassifier UnknownModelError completeBudgetConfig ' +
	'completeRouterConfig createInputBound createMemoryStorage createModelCatalog estimateCost isBudgetExceededError isRouterError ' +
	'nanoToUsd priceUsage recogniseUsage usdToNano validateModelProfile worstCaseCost';

const PINNED_TABLES = [
	'api_keys',
	'archived_costs',
	'archives',
	'attempts',
	'audit_log',
	'budget_alerts',
	'budget_leases',
	'budget_spend',
	'budget_tracking',
	'cost_hours',
	'cost_tracking',
	'decision_texts',
	'evaluation_answers',
	'evaluation_runs',
	'evaluation_verdicts',
	'experiment_requests',
	'experiment_units',
	'experiments',
	'fallback_events',
	'grouped_writes',
	'idempotency_answers',
	'lease_holders',
	'ledger_archives',
	'migrations',
	'model_performance',
	'price_book',
	'rate_limit_events',
	'request_journal',
	'reservations',
	'routing_decisions',
	'routing_outcomes',
	'shadow_comparisons',
	'stored_limits',
];

const PINNED_VARIABLES = [
	'ROUTING_DEFAULT_MODEL',
	'ROUTING_ENABLE_CACHE',
	'ROUTING_CACHE_TTL',
	'ROUTING_PROMPT_CACHING',
	'ROUTING_ENABLE_LEARNING',
	'ROUTING_STAND_DOWN',
	'ROUTING_OBSERVE',
	'ROUTING_DAILY_BUDGET',
	'ROUTING_MONTHLY_BUDGET',
	'ROUTING_PER_REQUEST_LIMIT',
	'ROUTING_DAILY_WARNING',
	'ROUTING_MONTHLY_WARNING',
	'ROUTING_TIMEZONE',
	'ROUTING_FALLBACK_ENABLED',
	'ROUTING_MAX_RETRIES',
	'ROUTING_TIMEOUT',
	'ROUTING_WEIGHT_CAPABILITY',
	'ROUTING_WEIGHT_COST',
	'ROUTING_WEIGHT_LATENCY',
	'ROUTING_WEIGHT_QUALITY',
	'ROUTING_WEIGHT_HISTORICAL',
	'ROUTING_POLICY',
	'ROUTING_CANDIDATES',
	'ROUTING_ALLOW_UNPRICED',
	'ROUTING_UNKNOWN_MODELS',
	'ROUTING_DATABASE',
	'ROUTING_RETENTION_DAYS',
	'ROUTING_CAPTURE_TASK_TEXT',
	'ROUTING_LOG_LEVEL',
	'ROUTING_LOG_FILE',
	'ROUTING_LOG_MAX_BYTES',
	'ROUTING_LOG_MAX_FILES',
	'ROUTING_GATEWAY_HOST',
	'ROUTING_GATEWAY_PORT',
	'ROUTING_DEBUG',
	'ANTHROPIC_BASE_URL',
	'OPENAI_BASE_URL',
	'GEMINI_BASE_URL',
	'ROUTING_CONFIG',
	'HTTPS_PROXY',
	'HTTP_PROXY',
	'NO_PROXY',
	'ANTHROPIC_API_KEY',
	'OPENAI_API_KEY',
	'GEMINI_API_KEY',
	'GOOGLE_API_KEY',
	'GROQ_API_KEY',
	'DEEPSEEK_API_KEY',
	'MISTRAL_API_KEY',
	'OPENROUTER_API_KEY',
	'AZURE_API_KEY',
	'AWS_BEARER_TOKEN_BEDROCK',
	'AWS_ACCESS_KEY_ID',
	'AWS_SECRET_ACCESS_KEY',
	'AWS_SESSION_TOKEN',
];

describe('what is public is pinned: whoever changes it does so knowingly', () => {
	it('entry points of the package', () => {
		expect(Object.keys(manifest.exports)).toEqual([
			'.',
			'./engine',
			'./gateway',
			'./ai-sdk',
			'./storage',
			'./storage/sqlite',
			'./testing',
			'./config.schema.json',
			'./package.json',
		]);
	});

	it('what the entry points export at run time', async () => {
		const engine = await import('../../src/engine.ts');
		const main = await import('../../src/index.ts');
		expect(Object.keys(engine).sort().join(' ')).toBe(PINNED_ENGINE);
		expect(
			Object.keys(main)
				.filter((name) => !(name in engine))
				.sort(),
		).toEqual([
			'createDefaultRoutingSystem',
			'createPromptCaching',
			'createRoutingSystem',
			'evaluatePolicy',
			'openProject',
			'whatIf',
		]);
	});

	it('error codes', () => {
		expect(ERROR_CODES).toEqual([
			'ROUTER_INVALID_CONFIG',
			'ROUTER_INVALID_INPUT',
			'ROUTER_UNKNOWN_MODEL',
			'ROUTER_NO_ELIGIBLE_MODEL',
			'ROUTER_BUDGET_EXCEEDED',
			'ROUTER_PROVIDER_CALL',
			'ROUTER_ATTEMPT_TIMEOUT',
			'ROUTER_REQUEST_ABORTED',
			'ROUTER_ALL_MODELS_FAILED',
			'ROUTER_STREAM_INTERRUPTED',
			'ROUTER_UNAUTHORIZED',
			'ROUTER_FORBIDDEN',
			'ROUTER_NOT_FOUND',
			'ROUTER_METHOD_NOT_ALLOWED',
			'ROUTER_REQUEST_TOO_LARGE',
			'ROUTER_IDEMPOTENCY_CONFLICT',
			'ROUTER_RATE_LIMITED',
			'ROUTER_OVERLOADED',
			'ROUTER_STORAGE',
		]);
	});

	it('tables and views of the database: the specification’s seven and four, and what is added', () => {
		const database = new DatabaseSync(':memory:');
		database.exec(textOf('routing.sql'));
		const names = (kind: string) =>
			database
				.prepare("SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%' ORDER BY name")
				.all(kind)
				.map((row) => row['name']);
		expect(names('view')).toEqual([
			'v_budget_status',
			'v_charges',
			'v_daily_costs',
			'v_fallback_rates',
			'v_model_summary',
		]);
		expect(names('table')).toEqual(PINNED_TABLES);
		database.close();
	});

	it('environment variables', () => {
		expect([...ENVIRONMENT_VARIABLES, ...SPECIAL_VARIABLES].map(({ name }) => name)).toEqual(PINNED_VARIABLES);
	});

	it('events', () => {
		const names = [...textOf('src/contracts/events.ts').matchAll(/\{ type: '([a-z-]+)'/g)].map((match) => match[1]);
		expect(names).toEqual([
			'task-classified',
			'decision-made',
			'budget-alert',
			'attempt-end',
			'fallback-triggered',
			'rate-limit-hit',
			'cost-recorded',
			'outcome-recorded',
			'experiment-ended',
			'storage-degraded',
			'storage-recovered',
		]);
	});

	it('exit codes', () => {
		expect(EXIT_CODES).toEqual({ ok: 0, error: 1, usage: 2, budgetExceeded: 3, interrupted: 130, terminated: 143 });
	});

	it('verbs of the command line', () => {
		expect(createProgram('0').commands.map((command) => command.name())).toEqual([
			'route',
			'run',
			'classify',
			'why',
			'why-not',
			'diff',
			'replay',
			'test',
			'stats',
			'cost',
			'budget',
			'audit',
			'config',
			'dashboard',
			'doctor',
			'evaluate',
			'experiment',
			'fallback',
			'feedback',
			'export',
			'forecast',
			'import',
			'keys',
			'learn',
			'models',
			'prices',
			'reconcile',
			'reprice',
			'reset',
			'serve',
			'storage',
			'top',
			'completion',
		]);
	});
});

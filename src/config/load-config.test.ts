import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleDefaults, sampleProfile } from '../../test/support/sample-defaults.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { getConfigFilePath } from './config-file.ts';
import type { Environment } from './environment.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { listConfigValues } from './origins.ts';
import { type ConfigLayer, DEFAULT_GATEWAY_CONFIG, DEFAULT_SETTINGS } from './switchyard-config.ts';

const defaults = sampleDefaults;
/** The file as the specification prints it. */
const specified = `{
  "defaultModel": "sonnet",
  "weights": { "capability": 0.35, "cost": 0.20, "latency": 0.15, "quality": 0.20, "historical": 0.10 },
  "enableLearning": true,
  "enableCache": true,
  "cacheTTL": 3600,
  "budget": {
    "dailyLimit": 10.0,
    "monthlyLimit": 250.0,
    "perRequestLimit": 1.0,
    "alerts": { "dailyWarning": 75, "monthlyWarning": 80 },
    "timezone": "UTC"
  },
  "fallback": { "enabled": true, "maxAttempts": 3, "timeout": 60000 }
}`;

let folder = '';
let file = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'config-'));
	mkdirSync(join(folder, '.git'));
	file = getConfigFilePath(folder);
	mkdirSync(dirname(file), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (text: string | null, environment: Environment = {}, argumentValues: ConfigLayer = {}): LoadedConfig => {
	if (text !== null) writeFileSync(file, text);
	return loadConfig({ defaults, projectDirectory: folder, environment, argumentValues });
};
const issuesOf = (text: string | null, environment: Environment = {}, argumentValues: ConfigLayer = {}): string[] => {
	try {
		load(text, environment, argumentValues);
	} catch (error) {
		if (!(error instanceof InvalidConfigError)) throw error;
		return error.issues.map((issue) => `${issue.path} ${issue.message}`.replace(`${file}: `, '').replace(file, 'FILE'));
	}
	return [];
};

it('without a file the defaults are in force and the places are the specified ones', () => {
	const loaded = load(null);
	const { router, budget } = defaults;
	expect(loaded.config).toEqual({
		...router,
		budget,
		storage: DEFAULT_SETTINGS.storage,
		log: DEFAULT_SETTINGS.log,
		providers: {},
		deployments: [],
		gateway: DEFAULT_GATEWAY_CONFIG,
		promptCaching: true,
		debug: false,
	});
	expect(loaded.filePath).toBeNull();
	expect(loaded.paths).toEqual({
		projectRoot: folder,
		configFile: join(folder, '.claude/orchestration/routing/config.json'),
		priceFile: join(folder, '.claude/orchestration/routing/prices.json'),
		databaseFile: join(folder, '.claude/orchestration/db/routing.db'),
		logFile: join(folder, '.claude/orchestration/logs/routing.log'),
	});
});

it("the specification's file is read, from a folder deep inside the project too", () => {
	writeFileSync(file, specified);
	const deep = join(folder, 'src', 'deep');
	mkdirSync(deep, { recursive: true });
	const loaded = loadConfig({ defaults, projectDirectory: deep, environment: {} });
	expect(loaded.filePath).toBe(file);
	expect(loaded.config.weights).toEqual(defaults.router.weights);
	expect(loaded.origins['weights.cost']).toEqual({ source: 'file', name: file });
});

it('arguments beat the environment, the environment beats the file, the file beats the defaults, and each value knows who said it', () => {
	const text = '{"cacheTTL": 1, "weights": {"cost": 0.4}, "budget": {"dailyLimit": 2, "monthlyLimit": 20}}';
	const loaded = load(text, { ROUTING_DAILY_BUDGET: '3', ROUTING_CACHE_TTL: '2' }, { cacheTTL: 3 });
	expect(loaded.config.cacheTTL).toBe(3);
	expect(loaded.config.weights).toEqual({ ...defaults.router.weights, cost: 0.4 });
	expect(loaded.config.budget).toEqual({ ...defaults.budget, dailyLimit: 3, monthlyLimit: 20 });
	expect(loaded.origins).toMatchObject({
		cacheTTL: { source: 'argument' },
		'budget.dailyLimit': { source: 'environment', name: 'ROUTING_DAILY_BUDGET' },
		'budget.monthlyLimit': { source: 'file', name: file },
		'budget.timezone': { source: 'default' },
	});
	expect(listConfigValues(loaded)).toContainEqual({ path: 'cacheTTL', value: 3, origin: { source: 'argument' } });
	expect(listConfigValues(loaded).every(({ path }) => !path.startsWith('models.'))).toBe(true);
});

it('an argument that was not given says nothing', () => {
	// Callers in plain JavaScript pass undefined where the type forbids it.
	const given = { cacheTTL: undefined, weights: { cost: undefined } } as unknown as ConfigLayer;
	expect(load('{"cacheTTL": 5}', {}, given).config.cacheTTL).toBe(5);
});

it('the configuration in force cannot be changed by accident, and the defaults stay as they are', () => {
	const before = JSON.stringify(defaults);
	const { config } = load('{"weights": {"cost": 0.4}}');
	expect(() => Object.assign(config.weights, { cost: 9 })).toThrow(TypeError);
	expect(() => config.models.push(sampleProfile('x'))).toThrow(TypeError);
	expect(JSON.stringify(defaults)).toBe(before);
	expect(Object.isFrozen(defaults.router.models)).toBe(false);
});

it('everything wrong is said at once, each with its place and what was meant', () => {
	const text = JSON.stringify({
		weigths: {},
		weights: { cost: -1 },
		budget: { dailyLimit: 'ten', timezone: 'Europe/Berln', alerts: { dailyWarning: 120 } },
		policy: { name: 'fxed' },
		fallback: { maxAttempts: 2.5 },
		models: [{ nme: 'x', strengths: ['debuging'] }],
	});
	expect(issuesOf(text, { ROUTING_CACHE_TTL: '-3', ROUTING_TIMEOUT: 'soon', ROUTING_DEFAULT_MODEL: 'sonet' })).toEqual(
		expect.arrayContaining([
			'weigths is not a known setting. Did you mean "weights"?',
			'weights.cost must be at least 0, not -1',
			'budget.dailyLimit must be a number, not "ten"',
			'budget.timezone is not a known time zone. Did you mean "Europe/Berlin"?',
			'budget.alerts.dailyWarning must be at most 100, not 120',
			expect.stringMatching(/^policy\.name must be one of .*Did you mean "fixed"\?$/),
			'fallback.maxAttempts must be a whole number, not 2.5',
			'models[0].name is missing: write a text',
			'models[0].nme is not a known setting. Did you mean "name"?',
			expect.stringMatching(/^models\[0\]\.strengths\[0\] .*Did you mean "debugging"\?$/),
			'ROUTING_CACHE_TTL must be at least 0, not -3',
			expect.stringMatching(/^ROUTING_TIMEOUT must be a number/),
			'ROUTING_DEFAULT_MODEL names a model nobody knows, "sonet". Did you mean "sonnet"?',
		]),
	);
});

it('values that contradict each other are refused, whichever source they come from', () => {
	const zero = '{"weights":{"capability":0,"cost":0,"latency":0,"quality":0,"historical":0}}';
	expect(issuesOf(zero)).toEqual([expect.stringMatching(/^weights are all 0/)]);
	expect(issuesOf('{"budget":{"monthlyLimit":20}}', { ROUTING_DAILY_BUDGET: '30' })).toEqual([
		expect.stringMatching(/^ROUTING_DAILY_BUDGET is above budget\.monthlyLimit \(\$30 a day, \$20 a month\)/),
	]);
	expect(issuesOf('{"candidates":["opus","gpt-9"],"fallbacks":{"opus":["nobody"]}}')).toEqual([
		expect.stringMatching(/^candidates\[1\] names a model nobody knows, "gpt-9"/),
		expect.stringMatching(/^fallbacks\.opus\[0\] names a model nobody knows, "nobody"/),
	]);
});

it.each([NaN, Infinity, -1])('a weight of %s is refused', (cost) => {
	expect(issuesOf(null, {}, { weights: { cost } })).toEqual([
		expect.stringMatching(/^argument: weights\.cost must be/),
	]);
});

it('a key written into the file is refused without being shown', () => {
	for (const key of ['sk-ant-abcdefghijk', 'no-known-shape']) {
		const issues = issuesOf(
			JSON.stringify({ providers: { openai: { apiKey: key }, google: key }, defaultModel: [key] }),
		);
		expect(issues).toHaveLength(3);
		expect(issues.join()).not.toContain(key);
		expect(issues.join()).toContain('env:ANTHROPIC_API_KEY');
	}
	expect(issuesOf('{"defaultModel":"sk-ant-abcdefghijk"}').join()).not.toContain('abcdefghijk');
	expect(issuesOf('{"sk-ant-abcdefghijk":1}').join()).not.toContain('abcdefghijk');
	expect(issuesOf('{"providers":{"openai":{"baseUrl":"https://me:hunter22@host"}}}').join()).not.toContain('hunter22');
});

it('a reference to a variable that is not set is pointed out, but stops nothing', () => {
	expect(load('{"providers":{"openai":{"apiKey":"env:NOT_THERE"}}}').warnings).toEqual([
		{ path: 'providers.openai.apiKey', message: expect.stringContaining('NOT_THERE, which is not set') },
	]);
});

it('null lifts the per-request limit', () => {
	expect(load('{"budget":{"perRequestLimit":null}}').config.budget).not.toHaveProperty('perRequestLimit');
});

it('ROUTING_DEBUG turns the log up, unless a level was chosen', () => {
	expect(load(null, { ROUTING_DEBUG: 'true' })).toMatchObject({
		config: { debug: true, log: { level: 'debug' } },
		origins: { 'log.level': { source: 'environment', name: 'ROUTING_DEBUG' } },
	});
	expect(load('{"log":{"level":"error"}}', { ROUTING_DEBUG: 'true' }).config.log.level).toBe('error');
});

it('with --global the files lie under the home, and ~ and relative paths are understood', () => {
	const home = join(folder, 'home');
	const loaded = loadConfig({
		defaults,
		home,
		useGlobal: true,
		projectDirectory: folder,
		environment: { ROUTING_DATABASE: '~/data.db', ROUTING_LOG_FILE: 'x.log' },
	});
	expect(loaded.paths).toEqual({
		projectRoot: home,
		configFile: getConfigFilePath(home),
		priceFile: join(dirname(getConfigFilePath(home)), 'prices.json'),
		databaseFile: join(home, 'data.db'),
		logFile: join(home, 'x.log'),
	});
	expect(load(null, { ROUTING_DATABASE: ':memory:' }).paths.databaseFile).toBe(':memory:');
});

it('ROUTING_CONFIG names another file, and a missing one is an error', () => {
	writeFileSync(join(folder, 'other.json'), '{"cacheTTL": 7}');
	expect(load(null, { ROUTING_CONFIG: 'other.json' })).toMatchObject({
		config: { cacheTTL: 7 },
		filePath: join(folder, 'other.json'),
	});
	expect(issuesOf(null, { ROUTING_CONFIG: 'gone.json' })).toEqual([
		`ROUTING_CONFIG names a file that does not exist: ${join(folder, 'gone.json')}`,
	]);
});

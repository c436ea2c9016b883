import { expect, it } from 'vitest';
import { ENVIRONMENT_VARIABLES, parseEnvironment } from './environment.ts';
import { getKnownKeys } from './explain-issues.ts';
import { getConfigSchema } from './schema/index.ts';
import { validateLayer } from './validate-config.ts';

it("the specification's ten variables set what they are said to set", () => {
	const { layer, issues } = parseEnvironment({
		ROUTING_DEFAULT_MODEL: 'sonnet',
		ROUTING_ENABLE_CACHE: 'true',
		ROUTING_CACHE_TTL: '3600',
		ROUTING_ENABLE_LEARNING: 'false',
		ROUTING_DAILY_BUDGET: '10.0',
		ROUTING_MONTHLY_BUDGET: '250.0',
		ROUTING_PER_REQUEST_LIMIT: '1.0',
		ROUTING_FALLBACK_ENABLED: 'true',
		ROUTING_MAX_RETRIES: '3',
		ROUTING_TIMEOUT: '60000',
	});
	expect(issues).toEqual([]);
	expect(layer).toEqual({
		defaultModel: 'sonnet',
		enableCache: true,
		cacheTTL: 3600,
		enableLearning: false,
		budget: { dailyLimit: 10, monthlyLimit: 250, perRequestLimit: 1 },
		fallback: { enabled: true, maxAttempts: 3, timeout: 60_000 },
	});
});

it.each(ENVIRONMENT_VARIABLES)('the example of $name works as documented', ({ name, path, example }) => {
	const reading = parseEnvironment({ [name]: example });
	expect(reading.issues).toEqual([]);
	expect(reading.variables).toEqual(new Map([[path, name]]));
	expect(validateLayer(reading.layer, 'environment').issues).toEqual([]);
	const parts = path.split('.');
	expect(getKnownKeys(getConfigSchema(), parts.slice(0, -1))).toContain(parts.at(-1));
});

it.each([
	['ROUTING_TIMEOUT', '1m'],
	['ROUTING_TIMEOUT', '0x10'],
	['ROUTING_TIMEOUT', 'NaN'],
	['ROUTING_DAILY_BUDGET', '$10'],
	['ROUTING_DAILY_BUDGET', '10,5'],
	['ROUTING_ENABLE_CACHE', 'maybe'],
	['ROUTING_ENABLE_CACHE', 'constructor'],
	['ROUTING_POLICY', 'fixed'],
	['ROUTING_POLICY', 'cheapest-good-enough:high'],
])('a malformed value is not taken for another one: %s=%s', (name, text) => {
	expect(parseEnvironment({ [name]: text })).toMatchObject({
		layer: {},
		issues: [{ path: name, message: expect.stringContaining(`e.g. ${name}=`) }],
	});
});

it('a list can be set to nothing, which an empty variable cannot say', () => {
	expect(parseEnvironment({ ROUTING_OBSERVE: 'none' }).layer).toEqual({ learning: { observe: [] } });
	expect(parseEnvironment({ ROUTING_OBSERVE: ' empty, cut ' }).layer).toEqual({
		learning: { observe: ['empty', 'cut'] },
	});
});

it('an empty variable counts as not set', () => {
	expect(parseEnvironment({ ROUTING_TIMEOUT: '', ROUTING_DEFAULT_MODEL: '  ' })).toMatchObject({
		layer: {},
		issues: [],
	});
});

it('a mistyped variable is pointed out, but stops nothing', () => {
	expect(parseEnvironment({ ROUTING_TIMOUT: '3', PATH: '/bin' })).toMatchObject({
		issues: [],
		warnings: [{ path: 'ROUTING_TIMOUT', message: expect.stringContaining('ROUTING_TIMEOUT') }],
	});
});

it('a limit can be lifted and a policy chosen', () => {
	const { layer } = parseEnvironment({ ROUTING_PER_REQUEST_LIMIT: 'none', ROUTING_POLICY: 'cheapest-good-enough:85' });
	expect(layer).toEqual({
		budget: { perRequestLimit: null },
		policy: { name: 'cheapest-good-enough', targetQuality: 85 },
	});
});

import { describe, expect, it } from 'vitest';
import { defaultConfig, makeConfig, makeProfile, makeTask } from '../../test/support/route-models.ts';
import { createModelCatalog, DEFAULT_MODEL_PROFILES } from '../catalog/index.ts';
import { type ModelProfile, type RouterConfig, SPECIFICATION_MODELS, type TaskDescriptor } from '../contracts/index.ts';
import { InvalidConfigError, UnknownModelError } from '../errors/index.ts';
import { CandidatePool } from './candidate-pool.ts';

const LAST_DAY = Date.UTC(2026, 10, 30);
const retired = (name: string, replacedBy?: string): ModelProfile =>
	makeProfile(name, { lifecycle: { state: 'retired', ...(replacedBy === undefined ? {} : { replacedBy }) } });

function setUp(models: ModelProfile[], change: Partial<RouterConfig> = {}, now = LAST_DAY - 1) {
	const catalog = createModelCatalog(models);
	const pool = new CandidatePool(catalog, makeConfig(models, change));
	pool.refresh(now);
	const competing = (task: Partial<TaskDescriptor> = {}) =>
		pool.candidatesFor(makeTask(task)).map(({ profile }) => profile.name);
	return { catalog, pool, competing };
}

describe('who competes for a task', () => {
	it('the specification’s models and the user’s own, each once; embedders answer nothing', () => {
		const own = [makeProfile('mine'), makeProfile('vectors', { kind: 'embedding' })];
		const models = [...DEFAULT_MODEL_PROFILES, ...own];
		const { pool } = setUp(models);
		const byDefault = new CandidatePool(createModelCatalog(models), { ...defaultConfig(), models });
		const known = SPECIFICATION_MODELS.filter((name) => models.some((model) => model.name === name));
		expect(byDefault.names).toEqual([...known, 'mine']);
		expect(new Set(pool.names).size).toBe(pool.names.length);
		const listed = setUp(models, { candidates: ['OPUS', 'opus', 'mine'] });
		expect(listed.pool.names).toEqual(['opus', 'mine']);
		const { candidates: _none, ...config } = makeConfig(own.slice(0, 1));
		expect(new CandidatePool(createModelCatalog(own.slice(0, 1)), config).names).toEqual(['mine']);
	});

	it('nobody is a mistake of the configuration, said before the first request', () => {
		expect(() => setUp([makeProfile('vectors', { kind: 'embedding' })], { candidates: [] })).toThrow(
			InvalidConfigError,
		);
		expect(() => setUp([makeProfile('vectors', { kind: 'embedding' })], { candidates: [] })).toThrow(
			/name at least one/,
		);
	});

	it('whom the task names too: preferred, allowed, and who holds its prefix', () => {
		const listed = { lifecycle: { state: 'active' as const } };
		const names = ['a', 'b', 'c', 'd'];
		// profiles of the built-in catalog do not compete unless they are named
		const { competing } = setUp([...names.map((name) => makeProfile(name, listed)), ...DEFAULT_MODEL_PROFILES], {
			candidates: names,
		});
		expect(competing()).toEqual(names);
		expect(competing({ constraints: { preferredModel: 'OPUS' } })).toEqual([...names, 'opus']);
		expect(competing({ constraints: { preferredModel: 'b' } })).toEqual(names);
		expect(competing({ constraints: { allowedModels: ['haiku', 'a', 'sonnet', 'haiku'] } })).toEqual([
			...names,
			'haiku',
			'sonnet',
		]);
		expect(competing({ cachedPrefix: { model: 'opus', tokens: 1 } })).toEqual([...names, 'opus']);
		expect(competing({ cachedPrefix: { model: 'nobody', tokens: 1 } })).toEqual(names);
		expect(() => competing({ constraints: { preferredModel: 'nobody' } })).toThrow(UnknownModelError);
	});
});

describe('a model whose retirement was announced is followed by its successor on the day, not before', () => {
	const old = makeProfile('old', {
		lifecycle: { state: 'deprecated', retiresOn: '2026-11-30', replacedBy: 'middle' },
	});
	const middle = retired('middle', 'new');
	const models = [old, middle, makeProfile('new'), makeProfile('other')];

	it('through models that are retired themselves', () => {
		const { pool, competing } = setUp(models, { candidates: ['old', 'other'] });
		expect(pool.get('old').profile.lifecycle?.state).toBe('deprecated');
		expect(competing()).toEqual(['old', 'other', 'middle', 'new']);
		expect(pool.successorsOf([pool.get('old')])).toEqual([]);
		pool.refresh(LAST_DAY);
		expect(pool.get('old').profile.lifecycle).toMatchObject({ state: 'retired', since: '2026-11-30' });
		expect(pool.successorsOf([pool.get('old')]).map(({ profile }) => profile.name)).toEqual(['new']);
	});

	it('and competes from then on; one that the catalog already lists as retired brings no successor along', () => {
		const announced = { state: 'deprecated' as const, retiresOn: '2026-11-30', replacedBy: 'gemini-pro' };
		const builtin = [
			makeProfile('opus', { lifecycle: announced }),
			retired('sonnet', 'gpt-4'),
			...['haiku', 'gpt-4', 'gemini-pro'].map((name) => makeProfile(name)),
		];
		const { competing, pool } = setUp(builtin, { candidates: ['opus', 'sonnet', 'haiku'] });
		const before = pool.version;
		expect(competing()).toEqual(['opus', 'sonnet', 'haiku']);
		pool.refresh(LAST_DAY);
		expect(competing()).toEqual(['opus', 'sonnet', 'haiku', 'gemini-pro']);
		expect(pool.version).not.toBe(before);
	});

	it('a chain without an end, in a circle or of unknown names brings nobody', () => {
		const { pool } = setUp([
			retired('a', 'b'),
			retired('b', 'a'),
			retired('lost', 'nobody'),
			retired('last'),
			...[...Array(6).keys()].map((at) => retired(`r${at}`, `r${at + 1}`)),
			makeProfile('r6'),
			makeProfile('served'),
		]);
		const of = (...names: string[]) =>
			pool.successorsOf(names.map((name) => pool.get(name))).map(({ profile }) => profile.name);
		expect([of('a'), of('lost'), of('last'), of('served')]).toEqual([[], [], [], []]);
		// five successions are followed
		expect(of('r1')).toEqual(['r6']);
		expect(of('r0')).toEqual([]);
		expect(of('r1', 'r2', 'r6')).toEqual([]);
	});
});

describe('the default race, as its names’ models come and go', () => {
	const ending = (replacedBy: string, retiresOn = '2026-11-30') =>
		({ state: 'deprecated', retiresOn, replacedBy }) as const;
	const race = (models: ModelProfile[], now = LAST_DAY) => {
		const { candidates: _all, ...config } = makeConfig(models);
		const pool = new CandidatePool(createModelCatalog(models), config);
		pool.refresh(now);
		return pool;
	};
	const of = (pool: CandidatePool) =>
		pool.candidatesFor(makeTask()).map(({ profile: { name, standsFor } }) => [name, standsFor?.join()]);

	it('a successor comes 30 days before the end, so that nobody’s requests fail on the day', () => {
		const models = [
			makeProfile('opus', { lifecycle: ending('gpt-6-sol') }),
			makeProfile('gpt-6-sol'),
			makeProfile('haiku'),
		];
		const days = (count: number) => count * 86_400_000;
		const at = (now: number) =>
			of(
				race(
					models.map((model) => ({ ...model, provider: 'anthropic' })),
					now,
				),
			);
		expect(at(LAST_DAY - days(30) - 1).map(([name]) => name)).toContain('opus');
		expect(at(LAST_DAY - days(30))).toEqual([
			['gpt-6-sol', 'opus'],
			['haiku', undefined],
		]);
	});

	it('the newest living model of the chain competes, once, with the strengths of all names it stands for', () => {
		const models = [
			makeProfile('opus', { lifecycle: ending('gpt-6-luna'), strengths: ['architecture'] }),
			makeProfile('sonnet', { lifecycle: ending('gpt-6-astra'), strengths: ['debugging'] }),
			makeProfile('gpt-6-luna', { lifecycle: { state: 'active', replacedBy: 'gpt-6-astra' } }),
			makeProfile('gpt-6-astra', { strengths: ['creative'] }),
		];
		const pool = race(models.map((model) => ({ ...model, id: model.name, modelId: `${model.name}-id` })));
		expect(pool.competing.map(({ name }) => name)).toContain('gpt-6-astra');
		expect(of(pool).filter(([, standsFor]) => standsFor !== undefined)).toEqual([['gpt-6-astra', 'opus,sonnet']]);
		const [stand] = pool.candidatesFor(makeTask()).filter(({ profile }) => profile.name === 'gpt-6-astra');
		expect(stand?.selected).toMatchObject({ standsFor: ['opus', 'sonnet'], strengths: ['architecture', 'debugging'] });
		expect(String(stand?.selected)).toBe('gpt-6-astra');
		expect(pool.get('gpt-6-astra').profile).toMatchObject({ strengths: ['creative'] });
		expect([pool.competingName('sonnet'), pool.competingName('gpt-6-luna')]).toEqual(['gpt-6-astra', 'gpt-6-luna']);
	});

	it('a name without a living successor keeps its model while it is served, and is told as retired after that', () => {
		const models = [makeProfile('opus', { lifecycle: ending('nobody') }), makeProfile('haiku')];
		expect(of(race(models, LAST_DAY - 1))).toContainEqual(['opus', undefined]);
		expect(of(race(models))).toContainEqual(['opus', undefined]);
		expect(race(models).get('opus').profile.lifecycle?.state).toBe('retired');
		const leaving = [
			makeProfile('opus', { lifecycle: ending('gpt-6-sol') }),
			makeProfile('gpt-6-sol', { lifecycle: ending('none', '2026-12-05') }),
		];
		expect(of(race(leaving))).toContainEqual(['gpt-6-sol', 'opus']);
	});
});

describe('what is known of a model is what the catalog says now', () => {
	it('read once, and again when the catalog changes or a day begins', () => {
		const { catalog, pool, competing } = setUp([makeProfile('a'), makeProfile('b')]);
		const first = pool.get('a');
		const defaults = pool.candidatesFor(makeTask());
		expect([pool.get('a'), pool.get('A')]).toEqual([first, first]);
		expect(pool.get('a')).toBe(first);
		expect(pool.candidatesFor(makeTask())).toBe(defaults);
		const version = pool.version;
		catalog.update('a', { qualityScore: 12 });
		expect(pool.get('a').profile.qualityScore).toBe(12);
		expect(pool.version).not.toBe(version);
		expect(pool.candidatesFor(makeTask())).not.toBe(defaults);
		const changed = pool.get('a');
		pool.refresh(LAST_DAY - 2);
		expect(pool.get('a')).toBe(changed);
		pool.refresh(LAST_DAY + 1);
		expect(pool.get('a')).not.toBe(changed);
		expect(competing()).toEqual(['a', 'b']);
	});

	it('with the price of the day, and none for a model without', () => {
		const { pool } = setUp([makeProfile('a'), makeProfile('free', { pricing: 'unpriced' })]);
		expect(pool.get('a').pricing).toMatchObject({ input: 3_000_000, output: 15_000_000 });
		expect(pool.get('free').pricing).toBeNull();
	});
});

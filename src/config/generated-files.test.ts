import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderConfigReference, renderConfigSchema } from '../../scripts/generate-config-schema.ts';
import { DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { ENVIRONMENT_VARIABLES, SPECIAL_VARIABLES } from './environment.ts';
import { getConfigSchema } from './schema/index.ts';
import { DEFAULT_SETTINGS } from './switchyard-config.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/reference/config.md');

it('editors check the config file against the schema the program uses (npm run generate)', () => {
	expect(read('config.schema.json')).toBe(renderConfigSchema());
});

it('the reference page tells every setting and every variable (npm run generate)', () => {
	expect(page).toBe(renderConfigReference(page));
});

it('no setting is listed without a meaning', () => {
	const rows = page.split('\n').filter((line) => line.startsWith('| `'));
	expect(rows.filter((row) => row.split(' | ')[2]?.trim() === '')).toEqual([]);
});

it('the page names no variable that is not read, and every one that is', () => {
	const named = new Set(page.match(/\b[A-Z]+(?:_[A-Z]+)*_(?:[A-Z]+)\b/g));
	const read = [...ENVIRONMENT_VARIABLES, ...SPECIAL_VARIABLES].map((variable) => variable.name);
	const others = ['ROUTER_INVALID_CONFIG', 'WORK_ANTHROPIC_KEY'];
	expect([...named].sort()).toEqual([...read, ...others].sort());
});

it("the page's example is a sound file and shows the defaults", () => {
	const example: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
	const parsed = getConfigSchema().parse(example);
	expect(parsed).toMatchObject({
		budget: DEFAULT_BUDGET_CONFIG,
		storage: DEFAULT_SETTINGS.storage,
		log: DEFAULT_SETTINGS.log,
	});
});

import { execFile } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { InvalidConfigError } from '../errors/index.ts';
import { readConfigFile } from './config-file.ts';
import type { ConfigLayer } from './switchyard-config.ts';
import { updateConfigFile } from './update-config-file.ts';

let folder = '';
let file = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'update-'));
	file = join(folder, 'routing', 'config.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('the first edit makes folder and file, and leaves nothing else behind', async () => {
	await updateConfigFile(file, (config) => ({ ...config, weights: { cost: 0.4 } }));
	expect(readFileSync(file, 'utf8')).toBe('{\n  "weights": {\n    "cost": 0.4\n  }\n}\n');
	expect(readdirSync(dirname(file))).toEqual(['config.json']);
});

it('an edit keeps the order of keys, the indentation, the schema line and the mode', async () => {
	await updateConfigFile(file, () => ({}));
	writeFileSync(file, '{\n\t"$schema": "./s.json",\n\t"cacheTTL": 1,\n\t"enableCache": true\n}');
	chmodSync(file, 0o640);
	await updateConfigFile(file, (config) => ({ ...config, cacheTTL: 2, debug: true }));
	expect(readFileSync(file, 'utf8')).toBe(
		'{\n\t"$schema": "./s.json",\n\t"cacheTTL": 2,\n\t"enableCache": true,\n\t"debug": true\n}\n',
	);
	expect(statSync(file).mode & 0o777).toBe(0o640);
});

const COMMENTED = `{
    // agreed with the team on 2026-03-01
    "budget": {
        "dailyLimit": 10, // per day
        "monthlyLimit": 250,
        "rules": [
            { "scope": "all", "period": "day", "limit": 5 } // the first
        ],
    },
    /* keep */ "cacheTTL": 1,
}
`;

it('an edit keeps the comments, the trailing commas and the format of everything it does not change', async () => {
	await updateConfigFile(file, () => ({}));
	writeFileSync(file, COMMENTED);
	await updateConfigFile(file, ({ budget, ...config }) => ({ ...config, budget: { ...budget, dailyLimit: 20 } }));
	expect(readFileSync(file, 'utf8')).toBe(COMMENTED.replace('"dailyLimit": 10', '"dailyLimit": 20'));
});

it.each<[string, (config: ConfigLayer) => ConfigLayer, (lines: string) => string]>([
	[
		'a setting that is new',
		({ budget, ...config }) => ({ ...config, budget: { ...budget, perRequestLimit: 0.5 } }),
		(text) => text.replace('        ],\n    },', '        ],\n        "perRequestLimit": 0.5,\n    },'),
	],
	[
		'a setting that goes',
		({ cacheTTL: _, ...config }) => config,
		(text) => text.replace('    /* keep */ "cacheTTL": 1,\n', ''),
	],
	[
		'an element at the end of a list',
		({ budget, ...config }) => ({
			...config,
			budget: {
				...budget,
				rules: [...(budget?.rules ?? []), { scope: 'key', period: 'day', limit: 1 }],
			},
		}),
		(text) => text,
	],
])('after an edit the file says what was asked for, with its comments: %s', async (_name, edit, expected) => {
	await updateConfigFile(file, () => ({}));
	writeFileSync(file, COMMENTED);
	const layer = await updateConfigFile(file, edit);
	expect(readConfigFile(file)).toMatchObject({ layer, issues: [] });
	const written = readFileSync(file, 'utf8');
	expect(written).toContain('// agreed with the team on 2026-03-01');
	expect(written).toContain('// per day');
	if (expected(COMMENTED) !== COMMENTED) expect(written).toBe(expected(COMMENTED));
});

it('a name that is there twice is edited where it counts', async () => {
	await updateConfigFile(file, () => ({}));
	writeFileSync(file, '{ "cacheTTL": 1, "cacheTTL": 2 }');
	await updateConfigFile(file, (config) => ({ ...config, cacheTTL: 3 }));
	expect(readConfigFile(file).layer).toEqual({ cacheTTL: 3 });
});

it('an edit that would break the file is refused and nothing is written', async () => {
	await updateConfigFile(file, () => ({ cacheTTL: 1 }));
	const before = readFileSync(file, 'utf8');
	await expect(updateConfigFile(file, (config) => ({ ...config, weights: { cost: -1 } }))).rejects.toThrow(
		/weights\.cost/,
	);
	await expect(
		updateConfigFile(file, () => {
			throw new TypeError('the edit itself failed');
		}),
	).rejects.toThrow(TypeError);
	expect(readFileSync(file, 'utf8')).toBe(before);
	expect(readdirSync(dirname(file))).toEqual(['config.json']);
});

it('a broken file is not overwritten by an edit', async () => {
	writeFileSync(join(folder, 'broken.json'), '{ "cacheTTL": 1,');
	await expect(updateConfigFile(join(folder, 'broken.json'), (config) => config)).rejects.toThrow(
		/is not JSON: line 1/,
	);
	expect(readFileSync(join(folder, 'broken.json'), 'utf8')).toBe('{ "cacheTTL": 1,');
});

it('a linked file stays linked', async () => {
	const target = join(folder, 'dotfiles.json');
	const link = join(folder, 'config.json');
	writeFileSync(target, '{}');
	symlinkSync(target, link);
	await updateConfigFile(link, () => ({ cacheTTL: 9 }));
	expect(lstatSync(link).isSymbolicLink()).toBe(true);
	expect(JSON.parse(readFileSync(target, 'utf8'))).toEqual({ cacheTTL: 9 });
});

it('a place that cannot be written is said in plain words', async () => {
	writeFileSync(join(folder, 'in-the-way'), '');
	const error: unknown = await updateConfigFile(join(folder, 'in-the-way', 'config.json'), () => ({})).catch(
		(reason: unknown) => reason,
	);
	expect(error).toBeInstanceOf(InvalidConfigError);
	expect(String(error)).toContain('cannot be written');
});

it('a lock left behind by a dead process does not lock the file for ever', async () => {
	await updateConfigFile(file, () => ({}));
	writeFileSync(`${file}.lock`, 'left behind');
	utimesSync(`${file}.lock`, 0, 0);
	await updateConfigFile(file, () => ({ cacheTTL: 4 }));
	expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ cacheTTL: 4 });
	expect(existsSync(`${file}.lock`)).toBe(false);
});

it('edits of several processes at the same time all take effect', async () => {
	const program = join(folder, 'program.mjs');
	const room = fileURLToPath(new URL('./update-config-file.ts', import.meta.url));
	writeFileSync(
		program,
		`import { updateConfigFile } from ${JSON.stringify(room)};
		for (let index = 0; index < 10; index += 1)
			await updateConfigFile(${JSON.stringify(file)}, (config) => ({ ...config, allowUnpriced: [...(config.allowUnpriced ?? []), process.argv[2] + index] }));`,
	);
	await Promise.all(['a', 'b', 'c'].map((name) => promisify(execFile)(process.execPath, [program, name])));
	const written: { allowUnpriced: string[] } = JSON.parse(readFileSync(file, 'utf8'));
	expect(new Set(written.allowUnpriced).size).toBe(30);
	expect(written.allowUnpriced).toHaveLength(30);
}, 60_000);

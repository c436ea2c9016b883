import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

type Edit = (text: string) => string;
const insertAfter = (anchor: string, line: string): Edit => {
	return (text) => {
		if (!text.includes(anchor)) throw new Error(`"${anchor}" is gone: change the recipe and CONTRIBUTING.md with it`);
		return text.replace(anchor, `${anchor}\n${line}`);
	};
};
const both =
	(...edits: Edit[]): Edit =>
	(text) =>
		edits.reduce((edited, edit) => edit(edited), text);

/** Prose: other tests hold it to the code. */
const unchanged: Edit = (text) => text;

/** What somebody does who follows a checklist, place by place. */
const RECIPES: Readonly<Record<string, { most: number; places: Readonly<Record<string, Edit>> }>> = {
	'Add a deployment kind': {
		most: 4,
		places: {
			'src/providers/deployment.ts': insertAfter('export const DEPLOYMENT_KINDS = [', "\t'acme',"),
			'src/providers/kinds/<kind>.ts': () => `import { openaiCompatible } from './openai-compatible.ts';
import type { DeploymentKindDefinition } from './deployment-kind.ts';

/** Acme speaks OpenAI's format. */
export const acme: DeploymentKindDefinition = {
	...openaiCompatible,
	provider: null,
	check: ({ baseUrl }) => (baseUrl === undefined ? [{ path: ['baseUrl'], message: 'is missing' }] : []),
};
`,
			'src/providers/kinds/index.ts': both(
				insertAfter(
					"import type { DeploymentKind, DeploymentSettings } from '../deployment.ts';",
					"import { acme } from './acme.ts';",
				),
				insertAfter(
					'export const KIND_DEFINITIONS: Readonly<Record<DeploymentKind, DeploymentKindDefinition>> = {',
					'\tacme,',
				),
			),
			'docs/reference/config.md': unchanged,
		},
	},
	'Add a config key': {
		most: 3,
		places: {
			'src/config/switchyard-config.ts': both(
				insertAfter('export interface SwitchyardConfig extends RouterConfig {', '\tmotto: string;'),
				insertAfter(
					'export const DEFAULT_SETTINGS: Omit<SwitchyardConfig, keyof RouterConfig> = {',
					"\tmotto: 'none',",
				),
			),
			'src/config/schema/config.ts': insertAfter(
				'\tpartialShape({',
				"\t\tmotto: text().describe('A word of your own'),",
			),
			'src/config/environment.ts': insertAfter(
				'const ROWS: Readonly<Record<string, VariableRow>> = {',
				"\tROUTING_MOTTO: ['motto', 'onward'],",
			),
		},
	},
	'Add a command': {
		most: 3,
		places: {
			'src/cli/commands/<verb>.ts': () => `import type { Command } from 'commander';

/** \`switchyard greet\` */
export function greetCommand(program: Command): void {
	program.command('greet').description('say hello').action(() => {});
}
`,
			'src/cli/program.ts': both(
				insertAfter("import { Command } from 'commander';", "import { greetCommand } from './commands/greet.ts';"),
				insertAfter('const VERBS: ReadonlyArray<(program: Command) => void> = [', '\tgreetCommand,'),
			),
			'docs/reference/cli.md': unchanged,
		},
	},
	'Add a task type': {
		most: 3,
		places: {
			'src/contracts/task-types.ts': both(
				insertAfter('export const TASK_TYPES = [', "\t'translation',"),
				insertAfter(
					'export const TASK_TYPE_TRAITS: Readonly<Record<TaskType, TaskTypeTraits>> = {',
					'\ttranslation: { prior: 0.16, complexity: 0.3, tokens: [400, 500], priority: 3 },',
				),
			),
			'src/classify/lexicon/english.ts': insertAfter(
				'features: `',
				'type:translation|5|translate,translation,into french',
			),
			'docs/guide/concepts.md': unchanged,
		},
	},
};

/** The files that each checklist of CONTRIBUTING.md names, by its heading. */
function readChecklists(): Map<string, string[]> {
	const sections = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').split('\n## ').slice(1);
	return new Map(
		sections.map((section) => {
			const steps = [...section.matchAll(/^\d\. `([^`]+)`/gm)].map((match) => match[1] ?? '');
			return [section.split('\n')[0] ?? '', steps];
		}),
	);
}

let copy: string;

beforeAll(() => {
	copy = mkdtempSync(join(tmpdir(), 'switchyard-recipes-'));
	for (const name of ['src', 'docs', 'package.json', 'tsconfig.json'])
		cpSync(join(root, name), join(copy, name), { recursive: true, filter: (path) => !/\.test(-d)?\.ts$/.test(path) });
	symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
	for (const { places } of Object.values(RECIPES)) {
		for (const [place, edit] of Object.entries(places)) {
			const isNew = place.includes('<');
			const path = join(copy, place.replace('<kind>', 'acme').replace('<verb>', 'greet'));
			writeFileSync(path, edit(isNew ? '' : readFileSync(path, 'utf8')));
		}
	}
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

it.each(Object.entries(RECIPES))('%s: the checklist names every place, and few', (heading, { most, places }) => {
	expect(readChecklists().get(heading)).toEqual(Object.keys(places));
	expect(Object.keys(places).length).toBeLessThanOrEqual(most);
});

it('the compiler asks for no other place', { timeout: 120_000 }, () => {
	const typescript = join(dirname(createRequire(import.meta.url).resolve('typescript-7/package.json')), 'bin', 'tsc');
	writeFileSync(
		join(copy, 'tsconfig.check.json'),
		JSON.stringify({ extends: './tsconfig.json', include: ['src'], exclude: ['src/testing', 'src/dashboard'] }),
	);
	const { status, stdout } = run(typescript, '-p', 'tsconfig.check.json');
	expect(stdout).toBe('');
	expect(status).toBe(0);
});

it('what was added works', () => {
	writeFileSync(
		join(copy, 'try.ts'),
		`import { createProgram } from './src/cli/program.ts';
import { createDeployments } from './src/providers/index.ts';
import { openProject } from './src/project.ts';
import { TaskClassifier } from './src/classify/index.ts';

const { loaded, system } = openProject({ projectDirectory: '.', environment: { ROUTING_MOTTO: 'onward' }, openStorage: () => { throw new Error('none') } });
const access = { id: 'a', kind: 'acme', credential: 'none', auth: 'none', baseUrl: 'http://127.0.0.1:9/v1', provider: null, models: {} } as const;
console.log(JSON.stringify({
	type: new TaskClassifier().classify('Translate this sentence into French').type,
	motto: loaded.config.motto,
	kind: createDeployments([access]).map(({ id }) => id),
	verb: createProgram('0').commands.some((command) => command.name() === 'greet'),
}));
await system.close();
`,
	);
	const { stdout } = run('try.ts');
	expect(JSON.parse(stdout)).toEqual({ type: 'translation', motto: 'onward', kind: ['a'], verb: true });
});

function run(...args: string[]): { status: number; stdout: string } {
	try {
		return { status: 0, stdout: execFileSync(process.execPath, args, { cwd: copy, encoding: 'utf8' }) };
	} catch (error) {
		// execFileSync throws what the process wrote and its exit code
		const { status, stdout } = error as { status: number; stdout: string };
		return { status, stdout };
	}
}

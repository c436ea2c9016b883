import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type ProviderSimulator, startProviderSimulator } from '../../src/testing.ts';
import { findShiftClockOptions } from '../support/shift-clock.ts';
import { writeDocumentFiles } from './document-files.ts';
import { type InstalledPackage, installPackage, root } from './installed-package.ts';

/** A fenced block of a document. */
interface Block {
	language: string;
	text: string;
	/** Why it is not run; `null`: it is. */
	notRun: string | null;
}

const guides = readdirSync(join(root, 'docs/guide'), { recursive: true, encoding: 'utf8' })
	.filter((path) => path.endsWith('.md'))
	.map((path) => join('docs/guide', path))
	.sort();
const documents = ['README.md', 'docs/reference/config.md', ...guides];

function readBlocks(document: string): Block[] {
	const text = readFileSync(join(root, document), 'utf8');
	const fences = text.matchAll(/(?:<!-- not run: (.+) -->\n)?```(\w*)\n([\s\S]*?)```/g);
	return [...fences].map(([, notRun = null, language = '', body = '']) => ({ language, text: body, notRun }));
}

/** What a fragment of a program uses and does not make itself. */
const PRELUDE: ReadonlyArray<readonly [name: string, code: string]> = [
	['routing', `import { createRoutingSystem } from 'switchyard-router';\nconst routing = createRoutingSystem();`],
	['task', `const task = 'Fix the login bug';`],
	['executor', `const executor = async () => ({ output: 'done', usage: { input: 10, output: 5 } });`],
	['decision', 'const decision = await routing.routeTask(task);'],
	['passesTests', 'const passesTests = (value) => value.output === "done";'],
	['anthropic', `import Anthropic from '@anthropic-ai/sdk';\nconst anthropic = new Anthropic();`],
	['request', `const request = { model: 'claude-opus-4-5-20251101', messages: [{ role: 'user', content: 'Hi' }] };`],
];

function completeProgram(text: string): string {
	const isMissing = (name: string) =>
		new RegExp(`(?<![.'"\\w])${name}\\b(?!['":])`).test(text.replaceAll(/^import .*$/gm, '')) &&
		!new RegExp(`(?:const|function|await using) ${name}\\b`).test(text);
	const needed = PRELUDE.filter(([name]) => isMissing(name)).map(([name]) => name);
	if (needed.includes('decision')) needed.push('routing', 'task');
	const prelude = PRELUDE.filter(([name]) => needed.includes(name)).map(([, code]) => code);
	const end = needed.includes('routing') ? 'await routing.close();' : '';
	return `${prelude.join('\n')}\n${text}\n${end}\n`;
}

/** Packages of the programs that the documents show. */
const SDKS = [
	'openai',
	'@anthropic-ai/sdk',
	'@google/genai',
	'@langchain/openai',
	'@langchain/core',
	'ai',
	'@ai-sdk/openai',
];
/** `serve` goes on until it is stopped: here it is stopped once it listens. */
const SERVE = `switchyard() {
  if [ "$1" != serve ]; then command switchyard "$@"; return; fi
  command switchyard serve --port 0 > serve.log 2>&1 & pid=$!
  for i in $(seq 200); do grep -q 'listens at' serve.log && break; sleep 0.1; done
  kill $pid; wait $pid; cat serve.log; grep -q 'listens at' serve.log
}
`;
const WRITTEN = 'http://127.0.0.1:4141';

let installed: InstalledPackage;
let simulator: ProviderSimulator;
let gateway: { url: string; close(): Promise<void> };

beforeAll(async () => {
	installed = installPackage();
	const known = new Set(Object.keys(manifest.dependencies));
	for (const name of SDKS) if (!known.has(name)) installed.link(name);
	const bin = join(installed.project, 'node_modules/.bin');
	mkdirSync(bin, { recursive: true });
	for (const name of ['switchyard', 'switchyard-router'])
		symlinkSync(join(installed.location, 'dist/cli/main.js'), join(bin, name));
	simulator = await startProviderSimulator();
	gateway = await startGateway();
});
afterAll(async () => {
	await gateway.close();
	await simulator.close();
	installed.remove();
});

function createEnvironment(home: string): Record<string, string> {
	const path = [join(home, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
	const clock = findShiftClockOptions(process.env['NODE_OPTIONS']);
	return { PATH: path, HOME: home, NODE_OPTIONS: clock, NO_UPDATE_NOTIFIER: '1' };
}

function createFolder(): string {
	const folder = mkdtempSync(join(installed.folder, 'reader-'));
	symlinkSync(join(installed.project, 'node_modules'), join(folder, 'node_modules'));
	writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
	writeDocumentFiles(folder, simulator.url);
	return folder;
}

function run(program: string, args: string[], options: { cwd: string; env: Record<string, string> }): Promise<string> {
	return new Promise((resolve, reject) => {
		// a program that goes on serving has shown what it shows
		let isServing = false;
		const child = execFile(program, args, { ...options, timeout: 110_000 }, (error, stdout, stderr) =>
			error === null || isServing ? resolve(stdout + stderr) : reject(new Error(`${args.at(-1)}\n${stdout}${stderr}`)),
		);
		child.stdout?.on('data', (chunk) => {
			if (!/^Listening at /m.test(String(chunk))) return;
			isServing = true;
			child.kill();
		});
		child.stdin?.end();
	});
}

/** `switchyard serve` of the package, in a project of its own, for the documents' clients. */
async function startGateway(): Promise<typeof gateway> {
	const cwd = createFolder();
	const args = [join(installed.location, 'dist/cli/main.js'), 'serve', '--port', '0'];
	const child = spawn(process.execPath, args, {
		cwd,
		env: createEnvironment(cwd),
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	let said = '';
	for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
		said += String(chunk);
		if (/listens at \S+/.test(said)) break;
	}
	child.stdout.resume();
	const close = async () => {
		const ended = new Promise((resolve) => child.once('exit', resolve));
		child.kill();
		await ended;
	};
	return { url: /listens at (\S+)/.exec(said)?.[1] ?? '', close };
}

/** Where a document's blocks run, one after the other. */
interface Reader {
	folder: string;
	/** What earlier blocks have exported, for the programs that follow. */
	exported: Record<string, string>;
}

async function runCommands(text: string, { exported, folder }: Reader): Promise<void> {
	const env: Record<string, string> = { ...createEnvironment(folder), OPENAI_BASE_URL: `${simulator.url}/v1` };
	// the address of a key that a block sets is the simulator's
	if (text.includes('ANTHROPIC_API_KEY=')) env['ANTHROPIC_BASE_URL'] = simulator.url;
	if (text.includes('switchyard import')) env['OPENAI_API_KEY'] = 'sk-test-0123456789';
	// these look at what was recorded before
	const before = /--history|sqlite3|experiment start/.test(text)
		? 'switchyard run --simulate "Fix the login bug"\n'
		: '';
	const options = { cwd: folder, env };
	const output = await run('bash', ['--norc', '-euo', 'pipefail', '-c', SERVE + before + text], options);
	if (text.includes('curl')) expect(output).toMatch(/Simulated answer|"object":"list"|"candidates"/);
	for (const [, names = ''] of text.matchAll(/^export ([^#\n]*)/gm))
		for (const [, name = '', value = ''] of names.matchAll(/(\w+)=(\S+)/g)) exported[name] = value;
}

async function runProgram(text: string, { exported, folder }: Reader): Promise<void> {
	const provider = { ANTHROPIC_API_KEY: 'sk-ant-test-0123456789', ANTHROPIC_BASE_URL: simulator.url };
	const file = join(folder, `program-${text.length}.ts`);
	writeFileSync(file, completeProgram(text));
	await run(process.execPath, [file], {
		cwd: folder,
		env: { ...createEnvironment(folder), ...provider, ...exported },
	});
}

async function readConfiguration(text: string, { folder }: Reader): Promise<void> {
	const file = join(folder, `config-${text.length}.json`);
	writeFileSync(file, text);
	const env = { ...createEnvironment(folder), ROUTING_CONFIG: file };
	await run('switchyard', ['config', '--json'], { cwd: folder, env });
}

const RUN_BLOCK: Readonly<Record<string, (text: string, reader: Reader) => Promise<void>>> = {
	bash: runCommands,
	ts: runProgram,
	json: readConfiguration,
	jsonc: readConfiguration,
	// what a command printed, or a file holds: there is nothing to run
	text: async () => {},
};

async function runDocument(blocks: readonly Block[]): Promise<void> {
	const reader = { folder: createFolder(), exported: {} };
	for (const { language, text, notRun } of blocks) {
		if (notRun !== null) continue;
		const runBlock = RUN_BLOCK[language];
		if (runBlock === undefined)
			throw new Error(`A block of ${language} is not run: say why in <!-- not run: … --> above it.`);
		await runBlock(text.replaceAll(WRITTEN, gateway.url), reader);
	}
}

describe('what a document shows works in a fresh folder, with the package as it is published', () => {
	const shown = documents.map((document) => [document, readBlocks(document)] as const);
	const runnable = shown.filter(([, blocks]) => blocks.some(({ notRun }) => notRun === null));

	it.concurrent.each(runnable)('%s', async (_document, blocks) => {
		await runDocument(blocks);
		expect(blocks.length).toBeGreaterThan(0);
	});

	it('few blocks are only shown, and each of them says why', () => {
		const reasons = shown.flatMap(([, blocks]) => blocks.flatMap(({ notRun }) => (notRun === null ? [] : [notRun])));
		// the settings of clients are run elsewhere, by the drivers that test/docs/client-settings.test.ts holds them to
		const shownOnly = reasons.filter((reason) => !reason.startsWith('settings of a client; `npm run test:clients`'));
		expect(shownOnly.length).toBeLessThanOrEqual(9);
		for (const reason of reasons) expect(reason.length).toBeGreaterThan(15);
	});
});

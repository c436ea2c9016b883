import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as buildWithEsbuild } from 'esbuild';
import { rollup } from 'rollup';
import { build as buildWithVite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type InstalledPackage, installPackage, OPTIONAL_PEERS } from './installed-package.ts';

/** Uses every entry point: decides, opens the database, calls a model through the gateway, and asks for an optional peer. */
const APPLICATION = `
import { createServer } from 'node:http';
import { createRoutingSystem } from 'switchyard-router';
import { createSwitchyard } from 'switchyard-router/ai-sdk';
import { RouterError } from 'switchyard-router/engine';
import { createDeployments, openGateway } from 'switchyard-router/gateway';
import { openSqliteStorage } from 'switchyard-router/storage/sqlite';

async function main() {
	const message = { id: 'm', type: 'message', role: 'assistant', model: 'claude', stop_reason: 'end_turn' };
	const answer = { ...message, content: [{ type: 'text', text: 'Hello.' }], usage: { input_tokens: 9, output_tokens: 3 } };
	const provider = createServer((request, response) => {
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify(answer));
	});
	await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
	const ANTHROPIC_BASE_URL = 'http://127.0.0.1:' + provider.address().port;
	const environment = { ANTHROPIC_API_KEY: 'unused', ANTHROPIC_BASE_URL, ROUTING_DAILY_BUDGET: '7' };
	const project = { projectDirectory: process.argv[2], environment };
	const report = {};

	const system = createRoutingSystem({}, {}, project);
	report.provider = (await system.routeTask('Fix the login bug')).model.provider;
	report.limit = (await system.budgetStatus()).dailyLimit;
	report.storage = (await system.storageStatus()).kind;
	await system.close();

	const switchyard = createSwitchyard(project);
	report.sdk = switchyard('auto').modelId;
	await switchyard.close();

	const gateway = await openGateway({ ...project, port: 0, watchConfig: false });
	const body = JSON.stringify({ model: 'sonnet', max_tokens: 20, messages: [{ role: 'user', content: 'Hi' }] });
	const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
	const reply = await fetch(gateway.url + '/v1/messages', { method: 'POST', headers, body });
	report.answer = (await reply.json()).content?.[0].text;
	const chat = await fetch(gateway.url + '/v1/chat/completions', { method: 'POST', headers, body });
	report.translated = (await chat.json()).choices?.[0].message.content;
	report.version = gateway.gateway.version;
	await gateway.close();
	provider.close();

	const storage = await openSqliteStorage({ path: process.argv[2] + '/own.db' });
	report.entries = (await storage.ledger.entries({ from: 0, to: Date.now() }, 10)).length;
	await storage.close();

	const access = { credential: 'none', auth: 'api-key', apiKey: 'unused', provider: 'azure', models: {} };
	const [azure] = createDeployments([{ ...access, id: 'az', kind: 'azure', resourceName: 'mine' }]);
	report.peer = await azure.languageModel('m').then((model) => model.provider, (error) => error.message);
	report.isRouterError = await azure.languageModel('m').then(() => null, (error) => error instanceof RouterError);
	console.log(JSON.stringify(report));
}
main();
`;

const NEEDS_AZURE =
	'Invalid configuration: deployments "az": needs the package @ai-sdk/azure, which is not installed. Run: npm install @ai-sdk/azure';

let installed: InstalledPackage;
let entry: string;

beforeAll(() => {
	installed = installPackage();
	entry = join(installed.project, 'app.js');
	writeFileSync(entry, APPLICATION);
});

afterAll(() => installed.remove());

/** Runs a bundle where there is no node_modules, unless it is left in the project. */
function run(bundle: string): unknown {
	const project = mkdtempSync(join(installed.folder, 'data-'));
	mkdirSync(join(project, '.claude'));
	return JSON.parse(execFileSync(process.execPath, [bundle, project], { cwd: project, encoding: 'utf8' }));
}

/** A folder for bundles that has no node_modules above it. */
function outside(name: string): string {
	const folder = join(installed.folder, name);
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
	return folder;
}

const REPORT = {
	provider: 'anthropic',
	limit: 7,
	storage: 'sqlite',
	sdk: 'auto',
	answer: 'Hello.',
	translated: 'Hello.',
	version: manifest.version,
	entries: 0,
};
const WITHOUT_PEERS = { ...REPORT, peer: NEEDS_AZURE, isRouterError: true };
const WITH_PEERS = { ...REPORT, peer: 'azure.chat', isRouterError: null };

async function bundleByEsbuild(format: 'esm' | 'cjs', folder: string): Promise<string> {
	const outfile = join(outside(folder), format === 'esm' ? 'app.mjs' : 'app.cjs');
	const { warnings } = await buildWithEsbuild({
		entryPoints: [entry],
		bundle: true,
		platform: 'node',
		format,
		outfile,
		logLevel: 'silent',
	});
	expect(warnings).toEqual([]);
	return outfile;
}

async function bundleByVite(folder: string): Promise<string> {
	const outDir = outside(folder);
	const root = installed.project;
	await buildWithVite({
		configFile: false,
		root,
		logLevel: 'silent',
		ssr: { noExternal: true },
		build: { ssr: entry, outDir },
	});
	return join(outDir, 'app.js');
}

describe.each([
	['without the optional peers', WITHOUT_PEERS, []],
	['with the optional peers', WITH_PEERS, OPTIONAL_PEERS],
] as const)('an application bundled %s runs', (name, report, peers) => {
	beforeAll(() => {
		for (const peer of peers) installed.link(peer);
	});

	it.each(['esm', 'cjs'] as const)('by esbuild as %s', async (format) => {
		expect(run(await bundleByEsbuild(format, `esbuild ${name}`))).toEqual(report);
	});

	it('by vite, with all packages in it', async () => {
		expect(run(await bundleByVite(`vite ${name}`))).toEqual(report);
	});
});

describe('a library for browsers', () => {
	it('with the engine in it is built by vite and needs no Node', async () => {
		const source = join(installed.project, 'browser.js');
		writeFileSync(source, "export { ModelRouter, TaskClassifier } from 'switchyard-router/engine';");
		const outDir = outside('vite-library');
		const lib = { entry: source, formats: ['es'] as const, fileName: 'browser' };
		await buildWithVite({
			configFile: false,
			root: installed.project,
			logLevel: 'silent',
			build: { lib: { ...lib, formats: [...lib.formats] }, outDir },
		});
		// What Node has and browsers do not is taken away before the library is loaded.
		const program = `delete globalThis.process; delete globalThis.Buffer;
const { TaskClassifier } = await import(${JSON.stringify(join(outDir, 'browser.js'))});
console.log(new TaskClassifier().classify('Fix the login bug').type);`;
		const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
		expect(output.trim()).toBe('debugging');
	});
});

describe('an application that leaves other packages outside', () => {
	it('is bundled by rollup and runs', async () => {
		const dir = join(installed.project, 'rollup');
		const plugins = [nodeResolve({ resolveOnly: [manifest.name] })];
		const bundle = await rollup({ input: entry, plugins, onwarn: () => {} });
		await bundle.write({ dir, format: 'es' });
		await bundle.close();
		expect(run(join(dir, 'app.js'))).toEqual(WITH_PEERS);
	});
});

// Counts the files of src in which a function runs for one request, with V8's precise coverage, after a warm-up.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Figure } from './house.ts';

/** Streamed requests before the one that is counted: caches are filled, the database is open. */
const WARM_UP = 30;
/** Streamed requests that are counted: a file counts when each of them runs through it. */
const COUNTED = 5;

/** Files of `src` in which a function runs while `run` does; loading a module and the test tools do not count. */
async function collectFiles(checkout: string, run: () => Promise<unknown>): Promise<string[]> {
	const session = new Session();
	session.connect();
	await session.post('Profiler.enable');
	await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
	await session.post('Profiler.takePreciseCoverage');
	await run();
	const { result } = await session.post('Profiler.takePreciseCoverage');
	session.disconnect();
	const src = pathToFileURL(join(checkout, 'src')).href;
	return result
		.filter(({ url }) => url.startsWith(`${src}/`) && !url.startsWith(`${src}/testing`))
		.filter(({ functions }) =>
			functions.some(({ ranges: [range] }) => range !== undefined && range.startOffset > 0 && range.count > 0),
		)
		.map(({ url }) => url.slice(src.length - 3))
		.sort();
}

function createProject(): string {
	const folder = mkdtempSync(join(tmpdir(), 'switchyard-journey-'));
	mkdirSync(join(folder, '.claude/orchestration/routing'), { recursive: true });
	writeFileSync(join(folder, '.claude/orchestration/routing/config.json'), '{ "gateway": { "port": 0 } }');
	return folder;
}

/** A system is made, and decides its first task. */
async function routeOneTask(checkout: string, project: string): Promise<string[]> {
	const { createRoutingSystem } = await import(pathToFileURL(join(checkout, 'src/index.ts')).href);
	const routeOne = () =>
		collectFiles(checkout, async () => {
			const system = createRoutingSystem({}, {}, { projectDirectory: project, environment: {} });
			await system.routeTask('Fix the login bug in auth.ts');
			await system.close();
		});
	return intersect(await routeOne(), await routeOne());
}

/** What a timer ran beside one of them is not part of a request. */
function intersect(files: readonly string[], others: readonly string[]): string[] {
	const again = new Set(others);
	return files.filter((file) => again.has(file));
}

/** One streamed message through a gateway that has served others before. */
async function streamOneMessage(checkout: string, project: string): Promise<string[]> {
	const { openGateway } = await import(pathToFileURL(join(checkout, 'src/gateway.ts')).href);
	const { startProviderSimulator } = await import(pathToFileURL(join(checkout, 'src/testing.ts')).href);
	const simulator = await startProviderSimulator();
	const gateway = await openGateway({
		projectDirectory: project,
		environment: { ANTHROPIC_API_KEY: 'sk-ant-simulated' },
		argumentValues: { providers: { anthropic: { baseUrl: simulator.url } } },
		watchConfig: false,
	});
	const ask = async (number: number) => {
		const response = await fetch(`${gateway.url}/v1/messages`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({
				model: 'sonnet',
				max_tokens: 200,
				stream: true,
				messages: [{ role: 'user', content: `Fix login bug number ${number} in auth.ts` }],
			}),
		});
		const text = await response.text();
		if (!text.includes('message_stop')) throw new Error(`no whole answer: ${response.status} ${text.slice(0, 300)}`);
		await gateway.gateway.settled();
	};
	try {
		for (let number = 0; number < WARM_UP; number += 1) await ask(number);
		let files = await collectFiles(checkout, () => ask(WARM_UP));
		for (let number = WARM_UP + 1; number < WARM_UP + COUNTED; number += 1)
			files = intersect(files, await collectFiles(checkout, () => ask(number)));
		return files;
	} finally {
		await gateway.close();
		await simulator.close();
	}
}

/** How many files one `routeTask` and one streamed `POST /v1/messages` run through. */
export async function measureJourneys(checkout: string): Promise<Figure[]> {
	const project = createProject();
	try {
		const routed = await routeOneTask(checkout, project);
		const streamed = await streamOneMessage(checkout, project);
		return [
			{ name: 'files in which a function runs for one routeTask', value: routed.length, bar: 70, places: routed },
			{
				name: 'files in which a function runs for one streamed POST',
				value: streamed.length,
				// 95, and since then: the shape of the body and parsing in pieces, rules of the model and fitting, ids of tools,
				// patience, the journal behind the storage
				bar: 110,
				places: streamed,
			},
		];
	} finally {
		rmSync(project, { recursive: true, force: true });
	}
}

import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toDecisionJson } from '../../src/cli/commands/route.ts';
import { createProgram } from '../../src/cli/program.ts';
import { createSimulatedAccesses } from '../../src/cli/simulated-deployments.ts';
import { openGateway } from '../../src/gateway.ts';
import { openProject, type RoutingDecision, type TaskConstraints } from '../../src/index.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../src/testing.ts';
import { ASKS, askTasks, conversationTasks, type ParityTask } from '../support/parity-tasks.ts';
import { SWITCHYARD } from '../support/switchyard-command.ts';
import { createTemporaryProject } from '../support/temporary-project.ts';

const BARE_ASKS = ASKS.slice(0, 100);
const CONVERSATIONS = [...askTasks(ASKS.slice(100, 350)), ...conversationTasks(ASKS.slice(350), 150)];

/** Everything that a decision rests on and what came out of it; its id and the moment are each one's own. */
function judged(decision: RoutingDecision): unknown {
	const { cached: _cached, id: _id, timestamp: _timestamp, workload: _program, ...rest } = toDecisionJson(decision);
	// the gateway sees the program that asks
	const { workload: _workload, ...descriptor } = decision.descriptor;
	return { descriptor, ...rest };
}

/** Limits that the command line has options for, in turn. */
const CLI_LIMITS: ReadonlyArray<{ args: string[]; constraints: TaskConstraints }> = [
	{ args: [], constraints: {} },
	{ args: ['--max-cost', '0.05'], constraints: { maxCost: 0.05 } },
	{ args: ['--min-quality', '85'], constraints: { minQuality: 85 } },
	{ args: ['--max-latency', '20000'], constraints: { maxLatency: 20_000 } },
	{ args: ['--prefer', 'haiku'], constraints: { preferredModel: 'haiku' } },
];

const limitsAt = (index: number) => CLI_LIMITS[index % CLI_LIMITS.length] ?? { args: [], constraints: {} };

/** A provider that answers nobody until it is told to: so all is decided before anything is learned. */
async function startGate(simulator: ProviderSimulator): Promise<{ url: string; open(): void; server: Server }> {
	const opened = Promise.withResolvers<void>();
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		await opened.promise;
		const headers = { ...request.headers, 'content-type': 'application/json' };
		const sent = Object.entries(headers).flatMap(([name, value]) =>
			typeof value === 'string' && !/^(?:host|connection|content-length|transfer-encoding)$/.test(name)
				? [[name, value] as const]
				: [],
		);
		const answer = await fetch(`${simulator.url}${request.url}`, {
			method: 'POST',
			headers: Object.fromEntries(sent),
			body: Buffer.concat(chunks),
		});
		response.writeHead(answer.status, { 'content-type': 'application/json' });
		response.end(Buffer.from(await answer.arrayBuffer()));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	return { url: `http://127.0.0.1:${port}`, open: opened.resolve, server };
}

describe('a task is decided alike whoever asks: library, command line, gateway', () => {
	const folder = mkdtempSync(join(tmpdir(), 'switchyard-parity-'));
	const learned = join(folder, 'learned');
	const config = { budget: { dailyLimit: 1e6, monthlyLimit: 1e6, perRequestLimit: null } };
	let simulator: ProviderSimulator;

	/** The project as it was when it had learned, to itself. */
	const copyOf = (name: string): string => {
		const path = join(folder, name);
		cpSync(learned, path, { recursive: true });
		return path;
	};
	const environment = { HOME: folder };

	async function decideAll(name: string, tasks: ReadonlyArray<Pick<ParityTask, 'task' | 'limits'>>) {
		const { system } = openProject({ projectDirectory: copyOf(name), environment });
		const decisions: RoutingDecision[] = [];
		for (const { limits, task } of tasks) decisions.push(await system.routeTask(task, limits));
		await system.close();
		return decisions;
	}

	beforeAll(async () => {
		// Earlier outcomes fade by the hour: for all who are compared it is the same moment.
		vi.useFakeTimers({ toFake: ['Date'] });
		simulator = await startProviderSimulator();
		mkdirSync(join(learned, '.claude/orchestration/routing'), { recursive: true });
		writeFileSync(join(learned, '.claude/orchestration/routing/config.json'), JSON.stringify(config));
		const { system } = openProject({ projectDirectory: learned, environment });
		for (const [index, ask] of ASKS.filter((_, at) => at % 4 === 0).entries()) {
			const decision = await system.routeTask(ask, { policy: ['cheap', 'best', 'weighted'][index % 3] ?? 'weighted' });
			const usage = { inputTokens: 3000 + index, outputTokens: 900 };
			await system.executeDecision(decision, async () => ({ output: 'done', usage }));
			if (index % 2 === 0) await system.recordFeedback(decision.id, { rating: (index % 5) + 1 });
		}
		await system.close();
	}, 60_000);

	afterAll(async () => {
		vi.useRealTimers();
		await simulator.close();
		rmSync(folder, { recursive: true, force: true });
	});

	it('what was learned counts: some scores are not what they would be without it', async () => {
		const decisions = await decideAll('history', CONVERSATIONS.slice(0, 20));
		const historical = decisions.flatMap(({ scores }) => scores.map((score) => score.scores.historicalPerformance));
		expect(new Set(historical).size).toBeGreaterThan(5);
	});

	it('100 asks: the library, and `switchyard route --json` one after the other in one project', {
		timeout: 120_000,
	}, async () => {
		const project = copyOf('commands');
		const { system } = openProject({ projectDirectory: copyOf('library'), environment });
		const printed = vi.spyOn(process.stdout, 'write');
		try {
			for (const [index, ask] of BARE_ASKS.entries()) {
				const { args, constraints } = limitsAt(index);
				const chunks: string[] = [];
				printed.mockImplementation((chunk) => chunks.push(String(chunk)) > 0);
				await createProgram('0').parseAsync(['route', '--json', '--project', project, ...args, '--', ask], {
					from: 'user',
				});
				const said = JSON.parse(chunks.join(''));
				const decision = await system.routeTask(ask, { constraints });
				const { descriptor: _, ...expected } = JSON.parse(JSON.stringify(judged(decision)));
				expect(said, ask).toMatchObject(expected);
			}
		} finally {
			printed.mockRestore();
			await system.close();
		}
	});

	it('and the installed program in processes of its own', async () => {
		vi.useRealTimers();
		const project = createTemporaryProject();
		try {
			cpSync(learned, project.path, { recursive: true });
			const asks = BARE_ASKS.filter((_, at) => at % 40 === 7);
			const decisions = await decideAll(
				'own',
				asks.map((task, at) => ({ task: task as never, limits: limitsAt(at) })),
			);
			for (const [at, ask] of asks.entries()) {
				const args = [SWITCHYARD, 'route', '--json', ...limitsAt(at).args, '--', ask];
				const { stderr, stdout } = await project.run(process.execPath, args);
				const said = JSON.parse(stdout === '' ? `{"stderr":${JSON.stringify(stderr)}}` : stdout);
				const decision = decisions[at];
				expect(said).toMatchObject({ model: decision?.model.name, fallbackChain: decision?.fallbackChain });
				for (const [place, { model, totalScore }] of (decision?.scores ?? []).entries()) {
					expect(said.scores[place].model).toBe(model.name);
					// seconds have passed: what was learned has faded by as much
					expect(said.scores[place].totalScore).toBeCloseTo(totalScore, 3);
				}
			}
		} finally {
			project.remove();
			vi.useFakeTimers({ toFake: ['Date'] });
		}
	});

	it('400 conversations: the library, and the gateway over HTTP in four formats', { timeout: 120_000 }, async () => {
		const gate = await startGate(simulator);
		const expected = await decideAll('direct', CONVERSATIONS);
		const running = await openGateway({
			projectDirectory: copyOf('gateway'),
			environment,
			port: 0,
			simulated: { accesses: createSimulatedAccesses(gate.url), when: 'always' },
			watchConfig: false,
		});
		const made = new Map<string, RoutingDecision>();
		const all = Promise.withResolvers<void>();
		running.gateway.runtime.system.onEvent((event) => {
			if (event.type !== 'decision-made') return;
			made.set(event.decision.id, event.decision);
			if (made.size === CONVERSATIONS.length) all.resolve();
		});
		try {
			const asked = CONVERSATIONS.map(async ({ body, headers, path }) => {
				const response = await fetch(`${running.url}${path}`, {
					method: 'POST',
					headers: { 'content-type': 'application/json', ...headers },
					body: JSON.stringify(body),
				});
				const text = await response.text();
				if (response.status !== 200) throw new Error(`${response.status} for ${path}: ${text}`);
				return response.headers;
			});
			await Promise.race([all.promise, Promise.all(asked)]);
			gate.open();
			for (const [index, headers] of (await Promise.all(asked)).entries()) {
				const ours = expected[index];
				const theirs = made.get(headers.get('x-switchyard-decision') ?? '');
				expect(theirs && judged(theirs), JSON.stringify(CONVERSATIONS[index])).toEqual(ours && judged(ours));
				expect(headers.get('x-switchyard-model')).toBe(ours?.model.name);
			}
		} finally {
			gate.open();
			await running.close();
			gate.server.close();
		}
	});

	it('a bare ask and the same words as a conversation differ in the expected input alone', async () => {
		const bare = await decideAll(
			'bare',
			BARE_ASKS.map((task) => ({ task: task as never, limits: { constraints: {} } })),
		);
		const said = await decideAll(
			'said',
			BARE_ASKS.map((content) => ({ task: { messages: [{ role: 'user', content }] }, limits: { constraints: {} } })),
		);
		const rest = ({ descriptor }: RoutingDecision) => {
			const { estimatedInputTokens: _tokens, inputTokensInterval: _interval, ...others } = descriptor;
			return others;
		};
		expect(said.map(rest)).toEqual(bare.map(rest));
		for (const [index, { descriptor }] of bare.entries()) {
			expect(descriptor.estimatedInputTokens).toBeGreaterThan(said[index]?.descriptor.estimatedInputTokens ?? 0);
		}
	});
});

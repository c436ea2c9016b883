import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createSimulatedAccesses } from '../../../src/cli/simulated-deployments.ts';
import type { BudgetRule } from '../../../src/contracts/index.ts';
import { createKey } from '../../../src/gateway/index.ts';
import { createDeployments, createGateway, getServedModels, type RunningGateway, serve } from '../../../src/gateway.ts';
import { DEFAULT_ROUTER_CONFIG, RoutingSystem } from '../../../src/index.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/index.ts';
import { completeBudgetConfig } from '../../../src/system/index.ts';
import {
	ManualClock,
	type ProviderSimulator,
	type SimulatedModel,
	type SimulatedRequest,
	startProviderSimulator,
} from '../../../src/testing.ts';
import { createTextTokenCounter } from '../../../src/tokenizer/index.ts';
import { encodeRequest } from './bodies.ts';
import { MonthBooks } from './month-books.ts';
import { PROVIDER_TOKENIZER } from './provider-bill.ts';
import { createDice, drawRequest, type MonthRequest } from './traffic.ts';

/** How a month is lived through. */
export interface MonthOptions {
	seed: number;
	requests: number;
	/** Days that they are spread over. */
	days: number;
	/** Every provider bills the whole answer to a caller that has left. */
	billsAfterDisconnect: boolean;
}

/** What a month came to. */
export interface MonthResult {
	broken: string[];
	rows: number;
	reported: number;
	estimated: number;
	looks: number;
	refusals: number;
	calls: number;
	/** Answers by HTTP status; `left` where the caller did. */
	statuses: Record<string, number>;
	spentUsd: number;
}

const DAY_MS = 86_400_000;
/** Clocks go back in Berlin on the 25th, and a month ends. */
const START = Date.parse('2026-10-24T05:00:00Z');
/** Requests under way at once. */
const LANES = 6;
/** The clock's time for each moment of real time: a simulated model writes as much faster than a real one. */
const PACE = 12;
/** Faults in which nothing happens until a timeout. */
const SILENT: ReadonlySet<string> = new Set(['hang', 'stall']);

/** USD; such that about half of the days end at a limit. */
const LIMITS = { dailyLimit: 3, monthlyLimit: 45, perRequestLimit: 0.6 };

function createRules(keys: readonly string[]): BudgetRule[] {
	return [
		{ scope: 'key', period: 'day', limit: 1.5 },
		{ scope: 'key', of: keys[0], period: 'total', limit: 9, atLimit: 'refuse' },
		{ scope: 'team', period: 'hour', limit: 0.8 },
		{ scope: 'tag', of: 'nightly', period: 'week', limit: 3 },
		{ scope: 'session', period: 'total', limit: 0.9, shared: true },
		{ scope: 'model', of: 'opus', period: 'month', limit: 5, atLimit: 'downgrade' },
		{ scope: 'task-type', period: 'day', limit: 2 },
		{ scope: 'all', period: 'week', limit: 9, kind: 'soft' },
	];
}

/** Two processes' worth of gateways on one database, with one simulator behind them. */
class Month {
	readonly books = new MonthBooks();
	readonly clock = new ManualClock(START);
	readonly statuses: Record<string, number> = {};
	readonly #systems: RoutingSystem[] = [];
	readonly #gateways: RunningGateway[] = [];
	#keys: Array<{ id: string; token: string }> = [];
	readonly #simulator: ProviderSimulator;
	readonly #requests: Map<string, MonthRequest>;
	readonly #path: string;
	/** Real time at which something was last under way at the provider. */
	#busyAt = 0;
	#isOver = false;

	constructor(simulator: ProviderSimulator, requests: Map<string, MonthRequest>, path: string) {
		this.#simulator = simulator;
		this.#requests = requests;
		this.#path = path;
	}

	async open({ billsAfterDisconnect }: MonthOptions): Promise<void> {
		const { clock } = this;
		const first = await openSqliteStorage({ path: this.#path, clock });
		const teams = ['red', 'red', 'blue'];
		for (const [index, team] of teams.entries()) {
			const { key, token } = await createKey(first.keys, { name: `key ${index}`, team }, START);
			this.#keys.push({ id: key.id, token });
		}
		await first.close();
		const budget = completeBudgetConfig({
			...LIMITS,
			timezone: 'Europe/Berlin',
			rules: createRules(this.#keys.map(({ id }) => id)),
		});
		const accesses = createSimulatedAccesses(this.#simulator.url).map((access) => ({
			...access,
			billsAfterDisconnect,
		}));
		for (let process = 0; process < 2; process += 1) {
			const deployments = createDeployments(accesses);
			const system = new RoutingSystem(DEFAULT_ROUTER_CONFIG, budget, {
				clock,
				availableModels: getServedModels(deployments, DEFAULT_ROUTER_CONFIG.models),
				countTextTokens: createTextTokenCounter(),
				openStorage: async () => this.books.watch(await openSqliteStorage({ path: this.#path, clock })),
				onEvent: this.books.onEvent,
			});
			this.#systems.push(system);
			this.#gateways.push(
				await serve(createGateway(system, { deployments, clock, config: { port: 0, requireKey: true } })),
			);
		}
	}

	/** Lets time pass at its pace, and faster while everybody waits for a timeout. */
	async letTimePass(): Promise<void> {
		let last = performance.now();
		while (!this.#isOver) {
			await wait(2);
			const now = performance.now();
			const open = this.#simulator.requests
				.slice(-2 * LANES)
				.filter(({ endedAt, met }) => endedAt === null && !SILENT.has(met));
			if (open.length > 0) this.#busyAt = now;
			await this.clock.advance((now - last) * PACE + (now - this.#busyAt > 60 ? 1000 : 0));
			last = now;
		}
	}

	async live(gapMs: () => number): Promise<void> {
		const waiting = [...this.#requests.values()];
		let turn = 0;
		while (waiting.length > 0) {
			const burst = waiting.splice(0, LANES);
			await Promise.all(burst.map((request) => this.#ask(request, turn++ % 2)));
			await this.clock.advance(gapMs());
		}
	}

	async #ask(request: MonthRequest, process: number): Promise<void> {
		const leaving = new AbortController();
		const timer = request.leavesAfterMs === null ? null : setTimeout(() => leaving.abort(), request.leavesAfterMs);
		let status: string;
		try {
			status = await (request.way === 'library' ? this.#askLibrary : this.#askGateway).call(
				this,
				request,
				process,
				leaving.signal,
			);
		} catch (error) {
			status = leaving.signal.aborted ? 'left' : `failed: ${String(error).slice(0, 60)}`;
		}
		if (timer !== null) clearTimeout(timer);
		this.statuses[status] = (this.statuses[status] ?? 0) + 1;
	}

	async #askGateway(request: MonthRequest, process: number, signal: AbortSignal): Promise<string> {
		const { path, body } = encodeRequest(request);
		const { id, key, session, tags } = request;
		const headers: Record<string, string> = {
			'content-type': 'application/json',
			authorization: `Bearer ${this.#keys[key]?.token}`,
			'x-switchyard-tags': [...tags, id].join(','),
			...(session !== null && { 'x-switchyard-session': session }),
		};
		const response = await fetch(`${this.#gateways[process]?.url}${path}`, {
			method: 'POST',
			headers,
			body: JSON.stringify(body),
			signal,
		});
		const text = await response.text();
		return response.ok ? '200' : `${response.status} ${/"code":\s*"(\w+)"/.exec(text)?.[1] ?? text.slice(0, 100)}`;
	}

	async #askLibrary(request: MonthRequest, process: number, signal: AbortSignal): Promise<string> {
		const { path, body } = encodeRequest(request);
		const { id, key, model, session, tags } = request;
		const system = this.#systems[process];
		if (system === undefined) throw new Error('not open');
		const {
			serviceTier: _,
			messages,
			tools,
		} = { serviceTier: null, ...(body as { messages: object[]; tools?: object[] }) };
		const options = {
			signal,
			attribution: { key: this.#keys[key]?.id, tags: [...tags, id], session: session ?? undefined },
			constraints: model === 'auto' ? {} : { preferredModel: model },
		};
		try {
			await system.executeWithRouting(
				{ messages, ...(tools && { tools }) } as never,
				async (chosen, context) => {
					const profile = system.router.catalog.get(chosen);
					const call = {
						...body,
						n: 1,
						model: profile.modelId,
						max_tokens: context.maxOutputTokens,
						service_tier: 'default',
					};
					const response = await fetch(`${this.#simulator.url}${path}`, {
						method: 'POST',
						body: JSON.stringify(call),
						signal: context.signal,
					});
					if (!response.ok) throw Object.assign(new Error(await response.text()), { status: response.status });
					return await response.json();
				},
				options,
			);
			return 'library';
		} catch (error) {
			if (signal.aborted) return 'left';
			return `library ${(error as { code?: string }).code ?? String(error).slice(0, 80)}`;
		}
	}

	async close(): Promise<void> {
		for (const gateway of this.#gateways) await gateway.close();
		for (const system of this.#systems) await system.close();
		this.#isOver = true;
	}
}

/**
 * How a model behaves whose answer is planned: only some think unseen. Only what is metered may write beyond its limit, and only
 * where it tells how much it was: of a provider that breaks both promises the limit is charged.
 */
function behave(name: string, plan: SimulatedModel, { billsAfterDisconnect }: MonthOptions): SimulatedModel {
	const { ignoresLimit = false, reasoningTokens, ...model } = plan;
	const thinksUnseen = /^(?:gpt-5|gemini)/.test(name);
	return {
		...model,
		...(thinksUnseen && reasoningTokens !== undefined && { reasoningTokens }),
		billsAfterDisconnect,
		ignoresLimit: ignoresLimit && !thinksUnseen && !billsAfterDisconnect && !/usage/.test(String(model.afterwards)),
	};
}

/** Lives through a month of traffic, and answers which laws of money it broke. */
export async function runMonth(options: MonthOptions): Promise<MonthResult> {
	const dice = createDice(options.seed);
	const requests = new Map(
		Array.from({ length: options.requests }, (_, index) => drawRequest(dice, index)).map((request) => [
			request.id,
			request,
		]),
	);
	const answered = new Map<string, number>();
	const simulator = await startProviderSimulator({
		keptRequests: Number.MAX_SAFE_INTEGER,
		tokenizer: PROVIDER_TOKENIZER,
		answerWith: ({ bodyText, model: name }: SimulatedRequest) => {
			const id = /\[#(r\d+)\]/.exec(bodyText)?.[1] ?? '';
			const script = requests.get(id)?.script ?? [];
			const count = answered.get(id) ?? 0;
			answered.set(id, count + 1);
			const model = script[Math.min(count, script.length - 1)];
			return model === undefined ? null : behave(name, model, options);
		},
	});
	const folder = mkdtempSync(join(tmpdir(), 'switchyard-month-'));
	const path = join(folder, 'routing.db');
	const month = new Month(simulator, requests, path);
	try {
		await month.open(options);
		const passing = month.letTimePass();
		const meanGapMs = (options.days * DAY_MS * LANES) / options.requests;
		await month.live(() => meanGapMs * 2 * dice.next());
		await month.close();
		await passing;
		const storage = await openSqliteStorage({ path, clock: month.clock });
		const entries = await storage.ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, Number.MAX_SAFE_INTEGER);
		await storage.close();
		const { books, statuses } = month;
		const counts = books.compare(entries, simulator.requests);
		const spentUsd = entries.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0) / 1e9;
		const { broken, looks, refusals } = books;
		return {
			broken,
			rows: entries.length,
			...counts,
			looks,
			refusals,
			calls: simulator.requests.length,
			statuses,
			spentUsd,
		};
	} finally {
		await simulator.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

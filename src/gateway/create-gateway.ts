import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock, Logger, RouterStorage } from '../contracts/index.ts';
import { isRouterError, StorageError } from '../errors/index.ts';
import { CALLER_FORMATS, type CachePlanner } from '../protocol/index.ts';
import type { DeploymentTable } from '../providers/index.ts';
import type { Upstream } from '../providers/upstream/index.ts';
import type { AdminApi } from './admin/index.ts';
import { createRouteNotFoundError, detectErrorFormat, sendError } from './errors.ts';
import { createDeploymentTable, type GatewayState, listActiveCooldowns } from './gateway-state.ts';
import { ConversationMemory } from './generation/conversation-memory.ts';
import {
	type GenerateContext,
	handleCountTokens,
	handleEmbeddings,
	handleFeedback,
	handleGenerate,
	listModels,
} from './generation/index.ts';
import type { Caller } from './keys/caller.ts';
import { KeyRing, requireScope } from './keys/index.ts';
import { InFlightRequests } from './limits/in-flight-requests.ts';
import { AdmissionQueue, KeyLimiter } from './limits/index.ts';
import { GatewayMetrics } from './metrics/index.ts';
import { Idempotency, ResponseCache } from './replay/index.ts';
import { guardRequest, handleCors } from './request/guard-request.ts';
import { BodyMemoryLimiter, readBody } from './request/read-body.ts';
import { type HintedBody, parseHintedBody } from './request/routing-hints.ts';
import { sendJson } from './request/send-json.ts';
import { findRoute, type GatewayRoute } from './routes.ts';
import type { UpstreamLimits } from './upstream-limits.ts';

/** What a gateway works with. */
export interface GatewayPorts {
	runtime: GatewayState;
	clock: Clock;
	logger: Logger;
	upstream: Upstream;
	/** Remembers what providers say of their limits. */
	limits: UpstreamLimits;
	/** Chooses marks for providers' prompt caches, by a memory that outlives configurations. @default none are placed */
	planCache?: CachePlanner;
}

/** One request and where its answer goes. */
interface Http {
	request: IncomingMessage;
	response: ServerResponse;
	/** On the monotonic clock. */
	startedAt: number;
}

/** Answers requests: who calls, what is asked, who answers. Holds what outlives a configuration. */
export class Gateway {
	readonly #clock: Clock;
	readonly #logger: Logger;
	readonly #upstream: Upstream;
	readonly #planCache: CachePlanner | null;
	readonly limits: UpstreamLimits;
	readonly #memory = new ConversationMemory();
	readonly #cache: ResponseCache;
	readonly #idempotency: Idempotency;
	readonly keys: KeyRing;
	readonly version: string = readPackageVersion();
	/** Epoch milliseconds. */
	readonly startedAt: number;
	readonly keyLimiter: KeyLimiter;
	readonly queue: AdmissionQueue;
	readonly bodyMemory: BodyMemoryLimiter = new BodyMemoryLimiter();
	readonly metrics: GatewayMetrics = new GatewayMetrics();
	readonly inFlightRequests: InFlightRequests = new InFlightRequests();
	#runtime: GatewayState;
	#deployments: DeploymentTable;
	#admin: AdminApi | null = null;
	/** Requests under way: at most as many as there are connections. */
	readonly #underWay = new Set<Promise<void>>();

	constructor({ clock, limits, logger, planCache, runtime, upstream }: GatewayPorts) {
		this.#clock = clock;
		this.startedAt = clock.now();
		this.#logger = logger;
		this.#upstream = upstream;
		this.#planCache = planCache ?? null;
		this.limits = limits;
		this.#runtime = runtime;
		this.#deployments = createDeploymentTable(runtime);
		const storage = () => this.#runtime.system.storage();
		this.#cache = new ResponseCache(runtime.config.cache);
		this.#idempotency = new Idempotency({ store: async () => (await storage()).idempotency, clock, logger });
		this.keys = new KeyRing({ store: async () => (await this.#soundStorage()).keys });
		this.keyLimiter = new KeyLimiter({ clock });
		this.queue = new AdmissionQueue(runtime.config.limits, clock);
		runtime.system.onEvent(this.metrics.onEvent);
	}

	/** The storage that keys are kept in: memory that stands in for it knows none of them. @throws StorageError */
	async #soundStorage(): Promise<RouterStorage> {
		const { system } = this.#runtime;
		const { degraded } = await system.storageStatus();
		if (degraded === null) return await system.storage();
		throw new StorageError(
			'unavailable',
			`Keys cannot be looked up: ${degraded} See the gateway's log, and \`switchyard doctor\`.`,
		);
	}

	/** What requests are served with now. */
	get runtime(): GatewayState {
		return this.#runtime;
	}

	get deployments(): DeploymentTable {
		return this.#deployments;
	}

	/** Serves what comes from now on with another configuration; what is under way goes on with its own. */
	configure(runtime: GatewayState): void {
		this.#runtime = runtime;
		this.#deployments = createDeploymentTable(runtime);
		this.queue.configure(runtime.config.limits);
		this.#cache.configure(runtime.config.cache);
		// The system before is heard until its last request is over, and is gone with it.
		runtime.system.onEvent(this.metrics.onEvent);
	}

	/** Whoever manages the gateway is answered by this. */
	useAdmin(admin: AdminApi): void {
		this.#admin = admin;
	}

	/** Resolves when every request that came is answered and booked. */
	async settled(): Promise<void> {
		await Promise.allSettled(this.#underWay);
	}

	/** Requests that are not answered yet. */
	get inFlight(): number {
		return this.#underWay.size;
	}

	/** Node's request listener. */
	readonly handleRequest = (request: IncomingMessage, response: ServerResponse): void => {
		const startedAt = this.#clock.monotonic();
		const [path, search] = splitAddress(request.url ?? '/');
		const route = findRoute(request.method ?? 'GET', path);
		const served = this.#serve({ request, response, startedAt }, { route, path, search })
			.catch((error: unknown) => {
				sendError(response, CALLER_FORMATS[detectErrorFormat(request)], { error, now: this.#clock.now() });
				this.#onError(error);
			})
			.finally(() => {
				this.#underWay.delete(served);
				this.metrics.recordResponse(route, response, this.#clock.monotonic() - startedAt);
			});
		this.#underWay.add(served);
	};

	async #serve(http: Http, address: { route: GatewayRoute | null; path: string; search: string }): Promise<void> {
		const { request, response } = http;
		const { route } = address;
		const { config } = this.#runtime;
		guardRequest(request, config);
		if (handleCors(request, response, config)) return;
		if (route === null) throw createRouteNotFoundError(request, address.path);
		if (route.kind === 'health') return sendJson(response, 200, { status: 'ok' });
		if (route.kind === 'ready') return await this.#sendReadiness(response);
		const caller = await this.#identify(request, address.search);
		if (route.kind === 'metrics') return await this.#sendMetrics(response, caller);
		if (route.kind === 'admin') return await this.#manage(http, caller);
		if (route.kind !== 'models') requireScope(caller.key, 'route');
		await this.#answer(http, route, caller);
	}

	async #identify(request: IncomingMessage, search: string): Promise<Caller> {
		const given = { isKeyRequired: this.#runtime.config.requireKey, now: this.#clock.now() };
		const key = await this.keys.identify({ headers: request.headers, search }, given);
		return { owner: key === null ? 'local' : key.id, key };
	}

	async #answer(http: Http, route: AnsweredRoute, caller: Caller): Promise<void> {
		const context = this.#context(http, route, caller);
		switch (route.kind) {
			case 'models': {
				const { catalog } = this.#runtime.system.router;
				const format = route.format ?? (http.request.headers['anthropic-version'] ? 'anthropic-messages' : null);
				const served = this.#deployments.servedModels.map((name) => catalog.get(name));
				return sendJson(http.response, 200, listModels(served, { format, id: route.id }));
			}
			case 'feedback':
				return await handleFeedback(http, context);
			case 'count-tokens':
				return await this.#whenAdmitted(http, (read) => handleCountTokens({ ...http, ...read }, route, context));
			case 'embeddings':
				return await this.#whenAdmitted(http, (read) => handleEmbeddings({ ...http, ...read }, context));
			case 'generate':
				return await this.#whenAdmitted(http, (read) => handleGenerate({ ...http, ...read }, route, context));
		}
	}

	/**
	 * Reads a body, waits for a permit and serves the request. The permit is taken after the body: a caller that sends a
	 * byte now and then (slow loris) holds none.
	 */
	async #whenAdmitted({ request, response }: Http, serve: (read: HintedBody) => Promise<void>): Promise<void> {
		this.queue.rejectWhenFull();
		const { maxBodyBytes } = this.#runtime.config.limits;
		const raw = await readBody(request, maxBodyBytes, this.bodyMemory.track(response));
		const parse = () => parseHintedBody(raw, request.headers);
		let permit = this.queue.tryAcquire();
		try {
			// Parsed again after a wait, so that meanwhile only the body's text takes memory.
			permit ??= await this.queue.acquire({
				priority: parse().hints.priority,
				signal: this.inFlightRequests.track(response),
			});
			await serve(parse());
		} finally {
			permit?.release();
		}
	}

	#context({ startedAt }: Http, route: GatewayRoute, caller: Caller): GenerateContext {
		return {
			runtime: this.#runtime,
			deployments: this.#deployments,
			upstream: this.#upstream,
			limits: this.limits,
			memory: this.#memory,
			planCache: this.#planCache,
			clock: this.#clock,
			limiter: this.keyLimiter,
			cache: this.#cache,
			idempotency: this.#idempotency,
			running: this.inFlightRequests,
			caller,
			onError: (error) => this.#onError(error),
			onFirstOutput: () => this.metrics.recordFirstOutput(route, this.#clock.monotonic() - startedAt),
		};
	}

	async #manage({ request, response }: Http, caller: Caller): Promise<void> {
		if (this.#admin === null) throw createRouteNotFoundError(request, request.url ?? '/');
		await this.#admin.handle(request, response, caller);
	}

	async #sendMetrics(response: ServerResponse, caller: Caller): Promise<void> {
		requireScope(caller.key, 'read');
		const { degraded } = await this.#runtime.system.storageStatus();
		const text = this.metrics.write({
			version: this.version,
			startedAt: this.startedAt,
			inFlight: this.queue.running,
			queued: this.queue.waiting,
			isStorageDegraded: degraded !== null,
			cooldowns: listActiveCooldowns(this),
		});
		response.writeHead(200, {
			'content-type': 'text/plain; version=0.0.4; charset=utf-8',
			'cache-control': 'no-store',
		});
		response.end(text);
	}

	async #sendReadiness(response: ServerResponse): Promise<void> {
		const { degraded, kind } = await this.#runtime.system.storageStatus();
		const models = this.#deployments.servedModels.length;
		const isReady = degraded === null && models > 0 && !this.queue.isClosed;
		sendJson(response, isReady ? 200 : 503, {
			status: isReady ? 'ready' : 'not ready',
			storage: degraded === null ? kind : 'memory stands in for the database, see the log',
			models,
			...(this.queue.isClosed ? { reason: 'the gateway was told to stop' } : {}),
			...(models === 0 ? { reason: 'no deployment serves a model: set a provider key and start again' } : {}),
		});
	}

	/** A caller's mistake is the caller's to read; everything else is ours. */
	#onError(error: unknown): void {
		if (!isRouterError(error)) {
			const stack = error instanceof Error ? error.stack : String(error);
			this.#logger.error('A request failed for a reason of the gateway itself', { error: stack });
		} else this.#logger.info('A request was answered with an error', { code: error.code, error: error.message });
	}
}

/** Routes that callers use; the others are for those who look after the gateway. */
type AnsweredRoute = Extract<
	GatewayRoute,
	{ kind: 'models' | 'feedback' | 'count-tokens' | 'embeddings' | 'generate' }
>;

function splitAddress(url: string): [path: string, search: string] {
	const at = url.indexOf('?');
	return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at)];
}

/** Folders between this code and its package's own, at most: it runs from `src`, `dist`, or bundled in `dist/cli`. */
const MAX_STEPS = 4;

function versionIn(path: string): string | null {
	const manifest: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
	if (typeof manifest !== 'object' || manifest === null || !('name' in manifest && 'version' in manifest)) return null;
	return manifest.name === 'switchyard' ? String(manifest.version) : null;
}

/** The version of this package; `unknown` where its package.json is not beside it. */
function readPackageVersion(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	for (let step = 0; step < MAX_STEPS; step += 1) {
		const version = versionIn(join(folder, 'package.json'));
		if (version !== null) return version;
		folder = dirname(folder);
	}
	return 'unknown';
}

import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolveModelRates } from '../catalog/index.ts';
import { completeGatewayConfig, type GatewayLayer } from '../config/index.ts';
import type { Clock, ModelName } from '../contracts/index.ts';
import { isRouterError } from '../errors/index.ts';
import { PrefixReuse } from '../learn/index.ts';
import { CALLER_FORMATS, createPromptCachePlanner, type PromptCachePlanner } from '../protocol/index.ts';
import {
	createConnector,
	type Deployment,
	type DeploymentTable,
	LimitTracker,
	type ProxySettings,
	RefusalMemory,
} from '../providers/index.ts';
import { Upstream } from '../providers/upstream/index.ts';
import { FirstOutputTimes } from '../relay/index.ts';
import { DEFAULT_ROUTER_CONFIG, type RoutingSystem } from '../system/index.ts';
import { LiveSet, SYSTEM_CLOCK, VERSION } from '../util/index.ts';
import {
	type AdminApi,
	type ConfigManagement,
	createAdminApi,
	Dashboard,
	describeDecision,
	formatForScraper,
	type GatewayFleet,
	GatewayGauges,
	GatewayMetrics,
	LiveUpdates,
	requireReading,
} from './admin/index.ts';
import { detectFormat, explainUnknownRoute, sendError } from './errors/index.ts';
import { createDeploymentTable, type Gateway, type GatewayState, listActiveCooldowns } from './gateway-state.ts';
import { ConversationMemory } from './generation/conversation-memory.ts';
import {
	type HintedRequest,
	handleCountTokens,
	handleEmbeddings,
	handleFeedback,
	handleGenerate,
	listModels,
	type RequestContext,
	ShadowEvaluation,
} from './generation/index.ts';
import { type Caller, KeyRing, requireScope } from './keys/index.ts';
import {
	AdmissionQueue,
	InFlightRequests,
	isUnlimited,
	type KeyLimitCounter,
	KeyLimiter,
	UNLIMITED,
} from './limits/index.ts';
import { AnswerReplay } from './replay/index.ts';
import {
	BodyMemoryLimiter,
	createRequestGuard,
	handleCors,
	KnownParts,
	parseHintedBody,
	RequestIds,
	type RequestTrace,
	readBody,
	requireKeysBeyondLoopback,
	requireLoopbackForLogins,
	sendJson,
	TRACING_REGISTRY,
	Tracing,
} from './request/index.ts';
import { type AnsweredRoute, type GatewayRoute, matchRoute, splitAddress } from './routes.ts';

/** How a gateway serves a routing system. */
export interface GatewayOptions {
	/** Where models are called, in the order in which they are tried; `createDeployments` makes them of addresses and keys. */
	deployments: readonly Deployment[];
	/** What differs from `DEFAULT_GATEWAY_CONFIG`. */
	config?: GatewayLayer | undefined;
	/** Milliseconds an attempt that is not streamed may take at least. @default DEFAULT_ROUTER_CONFIG.fallback.timeout */
	attemptTimeoutMs?: number | undefined;
	/** Set breakpoints for Anthropic's prompt caches where they pay. @default true */
	promptCaching?: boolean | undefined;
	/** Proxies by which the internet is reached; give `createDeployments` the same. @default none */
	proxy?: ProxySettings | undefined;
	/** How the admin API shows and reloads the configuration. @default nothing to show, nothing to reload */
	management?: ConfigManagement | undefined;
	/** Other processes that serve at the same address. @default none: this one counts and reports alone */
	fleet?: GatewayFleet | undefined;
	/** Shows the dashboard and what it reads, changes nothing and calls no model. @default false */
	isReadOnly?: boolean | undefined;
	/** @default the machine's clock */
	clock?: Clock | undefined;
}

/**
 * A gateway over a routing system of your own: callers' formats in, any provider's out, within keys, limits and budgets.
 * Pass it to `serve`, or mount its `handleRequest` on a server. Only models that a deployment serves should compete: give
 * the system their names as `availableModels`.
 * @throws InvalidConfigError for a configuration that cannot be, or an address beyond loopback without `requireKey`
 */
export function createGateway(system: RoutingSystem, options: GatewayOptions): Gateway {
	return new HttpGateway(system, options);
}

/** Milliseconds that the check of the database may hold up the answer of `/readyz`. */
const READINESS_CHECK_MS = 500;

/** Milliseconds for which a scrape waits for what is read from the database. */
const STORAGE_READ_MS = 1000;

/**
 * Bun's `fetch` up to 1.3.13 repeats a request whose kept connection breaks in mid answer, and joins both answers to one:
 * on a connection of its own the request fails. Source: https://github.com/oven-sh/bun/issues/28706
 */
const JOINS_ANSWERS = /\bbun\/(?:0|1\.[0-2]|1\.3\.(?:\d|1[0-3])(?!\d))/i;

/** Requests that models are called for. */
const TRACED_ROUTES: ReadonlySet<GatewayRoute['kind']> = new Set(['generate', 'embeddings', 'count-tokens']);

/** One request and where its answer goes. */
interface Http extends Pick<HintedRequest, 'request' | 'response'> {
	/** On the monotonic clock. */
	startedAt: number;
	ids: RequestIds;
}

/** Holds what outlives a configuration: keys, limits, caches, connections, metrics. */
class HttpGateway implements Gateway {
	readonly version: string = VERSION;
	readonly startedAt: number;
	readonly keys: KeyRing;
	readonly queue: AdmissionQueue;
	readonly #clock: Clock;
	readonly #guard = createRequestGuard();
	readonly #bodyMemory = new BodyMemoryLimiter();
	readonly #knownParts = new KnownParts();
	readonly #metrics = new GatewayMetrics();
	readonly #gauges = new GatewayGauges();
	readonly #shared: Omit<RequestContext, 'caller' | 'ids' | 'runtime' | 'deployments' | 'onError' | 'onFirstOutput'>;
	/** `null` while no OpenTelemetry SDK is registered. */
	#tracing: Tracing | null = null;
	readonly #admin: AdminApi;
	readonly #fleet: GatewayFleet | undefined;
	readonly #isReadOnly: boolean;
	readonly #live: LiveUpdates;
	readonly #shadow = new ShadowEvaluation();
	readonly sessions: Gateway['sessions'] = { adopt: (change) => this.#openDashboard().adopt(change) };
	#dashboard: Dashboard | null = null;
	runtime: GatewayState;
	deployments: DeploymentTable;
	/** At most as many as there are connections. */
	readonly #served = new LiveSet<Promise<void>>();

	constructor(system: RoutingSystem, options: GatewayOptions) {
		const { attemptTimeoutMs = DEFAULT_ROUTER_CONFIG.fallback.timeout, clock = SYSTEM_CLOCK, deployments } = options;
		const { fleet } = options;
		const config = completeGatewayConfig(options.config);
		requireKeysBeyondLoopback(config);
		requireLoopbackForLogins(config, deployments);
		this.#clock = clock;
		this.startedAt = clock.now();
		this.runtime = { system, config, attemptTimeoutMs, deployments, promptCaching: options.promptCaching ?? true };
		this.deployments = createDeploymentTable(this.runtime);
		this.#fleet = fleet;
		this.#isReadOnly = options.isReadOnly === true;
		this.keys = new KeyRing({ store: async () => (await this.runtime.system.storage()).keys });
		this.queue = new AdmissionQueue(config.limits, clock);
		const limits = new LimitTracker();
		const store = async () => (await this.runtime.system.storage()).idempotency;
		this.#shared = {
			clock,
			limits,
			upstream: new Upstream({ connect: this.#createConnector(options.proxy) }),
			keyLimiter: fleet === undefined ? new KeyLimiter({ clock }) : countTogether(fleet),
			memory: new ConversationMemory(),
			refusals: new RefusalMemory(),
			firstOutputTimes: new FirstOutputTimes(),
			planCache: this.#createPlanner(),
			replay: new AnswerReplay({
				cache: config.cache,
				store,
				clock,
				logger: system.logger,
				seal: (hash) => this.runtime.system.hashTask?.(hash) ?? hash,
			}),
			inFlight: new InFlightRequests(),
			shadow: null,
		};
		const management = options.management ?? UNMANAGED;
		const onKeyChange = (id: string): void => {
			this.keys.forget(id);
			fleet?.keyChanged(id);
		};
		const refreshLimits = async (): Promise<void> => {
			await fleet?.refreshLimits();
		};
		this.#live = new LiveUpdates({
			now: () => clock.now(),
			subscribe: (listener) => this.runtime.system.onEvent(listener),
			hasPeers: fleet !== undefined || this.#isReadOnly,
		});
		const changes = { onKeyChange, refreshLimits };
		this.#admin = createAdminApi({ gateway: this, clock, limits, live: this.#live, ...changes, ...management });
		this.#listen(system);
		this.#shadow.configure(this, clock);
		// so that the first request is traced
		if (TRACING_REGISTRY in globalThis) this.#openTracing();
	}

	/** Connects to providers, within the hosts that are allowed at that moment. */
	#createConnector(proxy: ProxySettings | undefined): ReturnType<typeof createConnector> {
		return createConnector(() => ({ allowedPrivateHosts: this.runtime.config.allowedPrivateHosts, proxy }));
	}

	/** Chooses prompt cache breakpoints by what this process has seen, at the prices in force. */
	#createPlanner(): PromptCachePlanner {
		const now = () => this.#clock.now();
		return createPromptCachePlanner({
			memory: new PrefixReuse(),
			getRates: (modelId) => resolveModelRates(this.runtime.system.router.catalog, modelId, now()),
			now,
			hash: (text) => hash('sha256', text, 'base64'),
		});
	}

	get inFlight(): number {
		return this.#served.size;
	}

	configure(runtime: GatewayState): void {
		this.runtime = runtime;
		this.deployments = createDeploymentTable(runtime);
		this.queue.configure(runtime.config.limits);
		this.#shared.replay.configure(runtime.config.cache);
		this.#listen(runtime.system);
		this.#shadow.configure(this, this.#clock);
		this.#live.renew();
	}

	/** Never unsubscribed: only the system itself refers to its listeners, and the one before is garbage after its last request. */
	#listen(system: RoutingSystem): void {
		const { catalog } = system.router;
		this.#metrics.configure((model) => catalog.find(model)?.assumedFrom === undefined);
		system.onEvent(this.#metrics.onEvent);
		if (this.#tracing !== null) system.onEvent(this.#tracing.onEvent);
		system.onEvent((event) => {
			const { type } = event;
			if (type === 'budget-alert' || type === 'storage-degraded' || type === 'storage-recovered')
				this.#live.addAlert(event);
		});
	}

	stopAdmitting(): void {
		this.#live.close();
		this.queue.close();
	}

	abortAll(reason: Error): void {
		this.#shared.inFlight.abortAll(reason);
	}

	async settled(): Promise<void> {
		await Promise.allSettled(this.#served.values());
	}

	async close(): Promise<void> {
		await this.#shadow.close();
		await this.#shared.upstream.close();
		this.#gauges.close();
	}

	readonly handleRequest = (request: IncomingMessage, response: ServerResponse): void => {
		const startedAt = this.#clock.monotonic();
		if (JOINS_ANSWERS.test(request.headers['user-agent'] ?? '')) response.shouldKeepAlive = false;
		const [path, search] = splitAddress(request.url ?? '/');
		// A fragment is no part of an address that is sent: readers behind this one would cut it off.
		const route = search.includes('#') ? null : matchRoute(request.method ?? 'GET', path);
		const ids = new RequestIds(request.headers, this.#beginTrace(request, route, path));
		const served = this.#serve({ request, response, startedAt, ids }, { route, path, search });
		const place = this.#served.add(served);
		const end = (): void => {
			this.#served.delete(served, place);
			const ending = this.#shared.inFlight.endingOf(response);
			this.#metrics.recordResponse(route, { response, ending }, this.#clock.monotonic() - startedAt);
			ids.trace?.end(response, ending);
		};
		served.then(end, (error: unknown) => {
			try {
				sendError(response, CALLER_FORMATS[detectFormat(request)], { error, now: this.#clock.now() });
				this.#onError(error, ids);
			} finally {
				end();
			}
		});
	};

	async #serve(http: Http, address: { route: GatewayRoute | null; path: string; search: string }): Promise<void> {
		const { request, response } = http;
		const { route } = address;
		const { config } = this.runtime;
		this.#guard(request, config);
		if (handleCors(request, response, config)) return;
		if (route === null) {
			const { error, methods } = explainUnknownRoute(request, address.path);
			if (methods.length > 0) response.setHeader('allow', methods.join(', '));
			throw error;
		}
		if (this.#isReadOnly) requireReading(request, route);
		if (route.kind === 'health') return sendJson(response, 200, { status: 'ok' });
		if (route.kind === 'ready') return await this.#sendReadiness(response);
		if (route.kind === 'dashboard') return await this.#openDashboard().handle(request, response, address.path);
		const session = route.kind === 'admin' ? await this.#openDashboard().identify(request) : null;
		const identified = session ?? this.#identify(request, address.search);
		const caller = identified instanceof Promise ? await identified : identified;
		if (route.kind === 'metrics') return await this.#sendMetrics(http, caller);
		if (route.kind === 'admin') return await this.#admin(request, response, caller);
		if (route.kind !== 'models') requireScope(caller.key, 'route');
		await this.#answer(http, route, caller);
	}

	/** Made when somebody first asks for it. */
	#openDashboard(): Dashboard {
		this.#dashboard ??= new Dashboard({
			gateway: this,
			keys: this.keys,
			clock: this.#clock,
			live: this.#live,
			isReadOnly: this.#isReadOnly,
			onSessionChange: (change) => this.#fleet?.sessionChanged(change),
		});
		return this.#dashboard;
	}

	/** Waits only where the key has to be looked up. */
	#identify({ headers }: IncomingMessage, search: string): Caller | Promise<Caller> {
		const rule = { isKeyRequired: this.runtime.config.requireKey, now: this.#clock.now() };
		const toCaller = (key: Caller['key']): Caller => ({ owner: key === null ? 'local' : key.id, key });
		const known = this.keys.identifyCached({ headers, search }, rule);
		return known === undefined ? this.keys.identify({ headers, search }, rule).then(toCaller) : toCaller(known);
	}

	#answer(http: Http, route: AnsweredRoute, caller: Caller): Promise<void> | void {
		const { system } = this.runtime;
		const context = this.#createContext(http, route, caller);
		switch (route.kind) {
			case 'models': {
				const served = this.deployments.servedModels.map((name) => system.router.catalog.get(name));
				const query = new URLSearchParams(splitAddress(http.request.url ?? '')[1]);
				const isServed = (name: ModelName) => this.deployments.idsServing(name).length > 0;
				const asked = { format: detectFormat(http.request), id: route.id, isServed, query };
				return sendJson(http.response, 200, listModels(served, system.router, asked));
			}
			case 'decision':
				return describeDecision(route.id, system, caller.key).then((told) => sendJson(http.response, 200, told));
			case 'feedback':
				return handleFeedback(http, context);
			case 'count-tokens':
				return this.#whenAdmitted(http, (read) => handleCountTokens(read, route, context));
			case 'embeddings':
				return this.#whenAdmitted(http, (read) => handleEmbeddings(read, context));
			case 'generate':
				return this.#whenAdmitted(http, (read) => handleGenerate(read, route, context));
		}
	}

	/**
	 * Reads a body, waits for a permit and serves the request. The permit is taken after the body: a caller that sends a
	 * byte now and then (slow loris) holds none.
	 */
	async #whenAdmitted({ request, response }: Http, serve: (read: HintedRequest) => Promise<void>): Promise<void> {
		this.queue.rejectWhenFull();
		const { limits } = this.runtime.config;
		const reserveBytes = this.#bodyMemory.track(response);
		const raw = await readBody(request, limits.maxBodyBytes, reserveBytes);
		const parse = () => parseHintedBody(raw, request.headers, limits, this.#knownParts);
		let permit = this.queue.tryAcquire();
		try {
			// Parsed again after a wait, so that meanwhile only the body's text takes memory.
			const { inFlight } = this.#shared;
			permit ??= await this.queue.acquire({
				priority: (await parse()).hints.priority,
				signal: inFlight.track(response),
			});
			const parsed = parse();
			const read = parsed instanceof Promise ? await parsed : parsed;
			// refused where a model is named, too: whoever mistyped it would not notice
			if (read.hints.policy !== undefined) this.runtime.system.checkPolicy(read.hints.policy);
			await serve({ ...read, request, response, reserveBytes });
		} finally {
			permit?.release();
		}
	}

	#createContext({ ids, request, startedAt }: Http, route: GatewayRoute, caller: Caller): RequestContext {
		const { headers } = request;
		return {
			...this.#shared,
			shadow: this.#shadow.current,
			caller,
			runtime: this.runtime,
			// a login of the caller's client lives as long as its request, and nowhere else
			deployments: this.deployments.bindLogin('format' in route ? { headers, format: route.format } : null),
			ids,
			onError: (error) => this.#onError(error, ids),
			onFirstOutput: (model) => this.#metrics.recordFirstOutput(route, model, this.#clock.monotonic() - startedAt),
		};
	}

	async #sendMetrics({ request, response }: Http, caller: Caller): Promise<void> {
		requireScope(caller.key, 'read');
		const text = await (this.#fleet?.metrics() ?? this.metrics());
		const { body, contentType } = formatForScraper(text, request.headers.accept);
		response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
	}

	async metrics(): Promise<string> {
		const { system } = this.runtime;
		const { failing } = await system.storageStatus();
		// a scrape tells what is known where the storage does not answer, and does not wait for it
		const answered = new AbortController();
		const stop = () => null;
		const giveUp = this.#clock.sleep(STORAGE_READ_MS, answered.signal).then(stop, stop);
		const read = <Value>(value: Promise<Value>) => Promise.race([value.catch(() => null), giveUp]);
		// first, for limits are read from a ledger that is up to date
		const backlog = await read(system.writeBacklog());
		const limits = await read(system.budgetLimits());
		answered.abort();
		const gauges = this.#gauges.write({
			version: this.version,
			startedAt: this.startedAt,
			inFlight: this.queue.running,
			queued: this.queue.waiting,
			isStorageDegraded: failing !== null,
			cooldowns: listActiveCooldowns(this),
			backlog,
			limits,
		});
		return this.#metrics.write() + gauges;
	}

	async #sendReadiness(response: ServerResponse): Promise<void> {
		const { system } = this.runtime;
		// not waited for: whoever asks has no time to wait for a lock, and asks again
		await Promise.race([system.checkStorage(), this.#clock.sleep(READINESS_CHECK_MS)]);
		const { degraded, failing, kind } = await system.storageStatus();
		const models = this.deployments.servedModels.length;
		const isReady = failing === null && models > 0 && !this.queue.isClosed;
		const fault = degraded === null ? 'the database cannot be written' : 'memory stands in for the database';
		sendJson(response, isReady ? 200 : 503, {
			status: isReady ? 'ready' : 'not ready',
			storage: failing === null ? kind : `${fault} (${failing.problem}), see the log`,
			models,
			...(this.queue.isClosed ? { reason: 'the gateway was told to stop' } : {}),
			...(models === 0 ? { reason: 'no deployment serves a model: set a provider key and start again' } : {}),
		});
	}

	/** The span of a request for models, in the SDK that is registered. */
	#beginTrace(request: IncomingMessage, route: GatewayRoute | null, path: string): RequestTrace | null {
		if (!(TRACING_REGISTRY in globalThis) || route === null || !TRACED_ROUTES.has(route.kind)) return null;
		// what varies in Gemini's paths is the model
		return this.#openTracing().begin(request, path.replace(/(\/models\/).*(:\w+)$/, '$1{model}$2'));
	}

	#openTracing(): Tracing {
		if (this.#tracing === null) {
			this.#tracing = new Tracing(this.#clock);
			this.runtime.system.onEvent(this.#tracing.onEvent);
		}
		return this.#tracing;
	}

	/** Errors with a code are the caller's to read; any other is a fault of the gateway. */
	#onError(error: unknown, ids: RequestIds): void {
		const { logger } = this.runtime.system;
		ids.trace?.fail(error);
		if (!isRouterError(error)) {
			const stack = error instanceof Error ? error.stack : String(error);
			logger.error('A request failed for a reason of the gateway itself', { ...ids.describe(), error: stack });
		} else
			logger.info('A request was answered with an error', {
				...ids.describe(),
				code: error.code,
				error: error.message,
			});
	}
}

/** A key without limits needs nobody's consent. */
function countTogether(fleet: GatewayFleet): KeyLimitCounter {
	return { admit: (key, tokens) => (isUnlimited(key) ? UNLIMITED : fleet.admit(key, tokens)) };
}

/** Without a configuration of its own to show or reload. */
const UNMANAGED: ConfigManagement = {
	configValues: () => [],
	reload: async () => ({ applied: false, message: 'This gateway was made without a configuration file.', issues: [] }),
};

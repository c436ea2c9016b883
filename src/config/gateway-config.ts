/** How streams are watched. Times in milliseconds. */
export interface GatewayStreamConfig {
	/**
	 * What is sent on at once: `first-output` commits to a model with the first token; `whole-answer` holds the answer back
	 * until it is complete, so that a cut or stalled stream can still be answered by another model.
	 */
	commit: 'first-output' | 'whole-answer';
	/** Longest wait for the first token; a model known to be slower gets three times its usual time. */
	firstOutputTimeoutMs: number;
	/** Longest silence between two events of a stream. */
	idleTimeoutMs: number;
}

/** What one process takes on at once. */
export interface GatewayLimitsConfig {
	/** Largest request body, bytes. */
	maxBodyBytes: number;
	/** Milliseconds a request's head and body may take to arrive. */
	bodyTimeoutMs: number;
	/** Requests served at once; more wait. */
	maxConcurrent: number;
	/** Requests that wait at most; more are refused. */
	maxQueued: number;
	/** Milliseconds a request waits at most. */
	queueTimeoutMs: number;
	/** Milliseconds a whole request may take. */
	requestTimeoutMs: number;
}

/** Answers kept to be given again. */
export interface GatewayCacheConfig {
	enabled: boolean;
	/** Seconds an answer is kept. */
	ttl: number;
	maxEntries: number;
	/** Largest answer that is kept, bytes. */
	maxEntryBytes: number;
}

/** The HTTP gateway. */
export interface GatewayConfig {
	/** Address it listens at; another than loopback needs keys. */
	host: string;
	port: number;
	/** A virtual key is needed, also on loopback. */
	requireKey: boolean;
	/** Names by which it may be called besides its own address, e.g. `llm.example.com`. */
	allowedHosts: string[];
	/** Web origins that may call it from a browser. */
	allowedOrigins: string[];
	/** Private networks' hosts (beside loopback) that providers may be reached at. */
	allowedPrivateHosts: string[];
	streams: GatewayStreamConfig;
	limits: GatewayLimitsConfig;
	/** Exact answers given again, per key. */
	cache: GatewayCacheConfig;
	/** Seconds an answer is kept for its `Idempotency-Key`. */
	idempotencyTtl: number;
	/** Milliseconds running requests are given to end when the gateway is told to stop. */
	drainTimeoutMs: number;
}

/** The gateway where nothing else is said. */
export const DEFAULT_GATEWAY_CONFIG: GatewayConfig = {
	host: '127.0.0.1',
	port: 4141,
	requireKey: false,
	allowedHosts: [],
	allowedOrigins: [],
	allowedPrivateHosts: [],
	streams: { commit: 'first-output', firstOutputTimeoutMs: 10_000, idleTimeoutMs: 20_000 },
	limits: {
		maxBodyBytes: 32 * 1024 * 1024,
		bodyTimeoutMs: 30_000,
		maxConcurrent: 512,
		maxQueued: 1024,
		queueTimeoutMs: 10_000,
		requestTimeoutMs: 600_000,
	},
	cache: { enabled: false, ttl: 300, maxEntries: 1000, maxEntryBytes: 262_144 },
	idempotencyTtl: 86_400,
	drainTimeoutMs: 30_000,
};

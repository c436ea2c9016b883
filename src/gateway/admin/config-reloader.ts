import { statSync } from 'node:fs';
import type { GatewayConfig } from '../../config/index.ts';
import { type ConfigIssue, InvalidConfigError, isRouterError, StorageError } from '../../errors/index.ts';
import { redactSecrets } from '../../util/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import { requireKeysBeyondLoopback, requireLoopbackForLogins } from '../request/guard-request.ts';

/** The outcome of a reload. */
export type ReloadReport =
	/** `requiresRestart`: settings that changed and take effect at the next start only. */
	| { applied: true; requiresRestart: string[] }
	/** The configuration before stays in force; `issues` are its faults, as far as they have a place. */
	| { applied: false; message: string; issues: readonly ConfigIssue[] };

/** What a configuration is replaced with. */
interface ConfigReloaderOptions<Opened extends { runtime: GatewayState }> {
	/** Makes a state, and what belongs to it, of the configuration as it is now. @throws when it cannot be */
	open: () => Opened | Promise<Opened>;
	/** The state in force. */
	current: () => GatewayState;
	/** Serves the requests from now on with another state. */
	configure: (opened: Opened) => void;
	/** Resolves when every request that is in flight now has ended. */
	settled: () => Promise<void>;
	/** Receives the outcome as a sentence. */
	onNotice: (message: string) => void;
}

/** Settings of the open socket: they wait for the next start. */
const SOCKET_SETTINGS = ['host', 'port'] as const;

/**
 * Replaces the state of a gateway, one configuration after the other. Requests in flight keep the state they began with;
 * its system is closed after the last of them.
 */
export class ConfigReloader<Opened extends { runtime: GatewayState }> {
	readonly #options: ConfigReloaderOptions<Opened>;
	/** As the socket was opened. */
	readonly #socket: Pick<GatewayConfig, 'host' | 'port'>;
	/** Systems that still have requests in flight. */
	readonly #retiring = new Set<Promise<void>>();
	#last: Promise<unknown> = Promise.resolve();
	#isClosed = false;

	constructor(options: ConfigReloaderOptions<Opened>) {
		this.#options = options;
		const { host, port } = options.current().config;
		this.#socket = { host, port };
	}

	/** Applies the configuration as it is when the reloads before have ended. Never rejects. */
	reload(): Promise<ReloadReport> {
		const report = this.#last.then(() => this.#reload());
		this.#last = report;
		return report;
	}

	/** Applies no further configuration; resolves when every system but the one in force is closed. */
	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#last;
		await Promise.all(this.#retiring);
	}

	async #reload(): Promise<ReloadReport> {
		if (this.#isClosed) return toRejection(new Error('the gateway is about to stop'));
		try {
			const report = await this.#replace();
			const waiting = report.requiresRestart.join(', ');
			this.#options.onNotice(
				`The configuration was reloaded.${waiting === '' ? '' : ` At the next start only: ${waiting} (this process listens where it did).`}`,
			);
			return report;
		} catch (error) {
			const report = toRejection(error);
			this.#options.onNotice(`The new configuration was rejected, the old one stays in force: ${report.message}`);
			return report;
		}
	}

	async #replace(): Promise<ReloadReport & { applied: true }> {
		const opened = await this.#options.open();
		const { config } = opened.runtime;
		const changed = SOCKET_SETTINGS.filter((name) => config[name] !== this.#socket[name]);
		const next: GatewayState = { ...opened.runtime, config: { ...config, ...this.#socket } };
		const before = this.#options.current();
		try {
			requireKeysBeyondLoopback(next.config);
			requireLoopbackForLogins(next.config, next.deployments);
			await requireStorage(next, before);
		} catch (error) {
			await next.system.close();
			throw error;
		}
		const inFlight = this.#options.settled();
		this.#options.configure({ ...opened, runtime: next });
		this.#retire(before, next, inFlight);
		return { applied: true, requiresRestart: changed.map((name) => `gateway.${name}`) };
	}

	#retire({ system }: GatewayState, { system: successor }: GatewayState, inFlight: Promise<void>): void {
		const closed = inFlight
			.then(() => system.close({ successor }))
			.catch((error: unknown) =>
				this.#options.onNotice(`The configuration before could not be closed: ${String(error)}`),
			)
			.finally(() => this.#retiring.delete(closed));
		this.#retiring.add(closed);
	}
}

/** Opens the database before requests need it. A working one is not given up for one that cannot be opened. */
async function requireStorage(next: GatewayState, before: GatewayState): Promise<void> {
	const { degraded } = await next.system.storageStatus();
	if (degraded === null || (await before.system.storageStatus()).degraded !== null) return;
	throw new StorageError('unavailable', degraded.split('\n', 1)[0] ?? degraded);
}

function toRejection(error: unknown): ReloadReport & { applied: false } {
	const message = redactSecrets(error instanceof Error ? error.message : String(error));
	if (error instanceof InvalidConfigError) return { applied: false, message, issues: error.issues };
	return { applied: false, message: isRouterError(error) ? message : `It cannot be read: ${message}`, issues: [] };
}

const POLL_INTERVAL_MS = 500;
/** Milliseconds without a further change before the call: editors write a file in several steps. */
const DEBOUNCE_MS = 150;
/** Milliseconds by which a file's time may lag behind the clock's: file systems count in steps. */
const FILE_TIME_STEP_MS = 20;

/** Tells one state of a file from another; a file that is missing or cannot be read has a state too. */
function stampFile(path: string): { text: string; changedAt: number } {
	try {
		const stats = statSync(path, { throwIfNoEntry: false });
		if (stats === undefined) return { text: 'none', changedAt: 0 };
		return { text: `${stats.ino} ${stats.size} ${stats.mtimeMs}`, changedAt: stats.mtimeMs };
	} catch (error) {
		// Loading the file reports the error; here only the change of state matters.
		return { text: String(error), changedAt: 0 };
	}
}

/**
 * Calls back shortly after one of the files was changed, created, replaced or removed, until the returned function is
 * called. Polls by name instead of watching folders: a folder need not exist yet, and a mount whose symbolic links are
 * swapped (a Kubernetes ConfigMap) emits no event. What changed after `since` (epoch milliseconds), when the files were
 * read, counts as changed too.
 */
export function watchFiles(paths: readonly string[], since: number, onChange: () => void): () => void {
	let timer: NodeJS.Timeout | null = null;
	const call = (): void => {
		if (timer !== null) clearTimeout(timer);
		timer = setTimeout(onChange, DEBOUNCE_MS);
		timer.unref();
	};
	const stamps = paths.map(stampFile);
	if (stamps.some(({ changedAt }) => changedAt >= since - FILE_TIME_STEP_MS)) call();
	const poll = setInterval(() => {
		for (const [index, path] of paths.entries()) {
			const stamp = stampFile(path);
			if (stamp.text === stamps[index]?.text) continue;
			stamps[index] = stamp;
			call();
		}
	}, POLL_INTERVAL_MS);
	poll.unref();
	return () => {
		clearInterval(poll);
		if (timer !== null) clearTimeout(timer);
	};
}

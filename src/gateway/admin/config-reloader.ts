import { statSync } from 'node:fs';
import type { GatewayConfig } from '../../config/index.ts';
import { type ConfigIssue, InvalidConfigError, isRouterError, StorageError } from '../../errors/index.ts';
import { redactSecrets } from '../../util/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import { requireKeysBeyondLoopback } from '../request/guard-request.ts';

/** What came of a look at the configuration. */
export type ReloadReport =
	/** `waitsForRestart`: settings that changed and take effect at the next start only. */
	| { isTaken: true; waitsForRestart: string[] }
	/** The configuration before stays in force; `issues` are what is wrong, as far as they have a place. */
	| { isTaken: false; message: string; issues: readonly ConfigIssue[] };

/** What configurations are exchanged with. */
export interface ConfigReloaderOptions<Opened extends { runtime: GatewayState }> {
	/** Makes a runtime, and what belongs to it, of the configuration as it is now. @throws when it cannot be */
	open: () => Opened;
	/** The runtime in force. */
	current: () => GatewayState;
	/** Serves what comes from now on with another. */
	configure: (opened: Opened) => void;
	/** Resolves when every request that is under way now is over. */
	settled: () => Promise<void>;
	/** Hears what came of it. */
	onNotice: (message: string) => void;
}

/** Settings of a socket that is open: they wait for the next start. */
const BOUND = ['host', 'port'] as const;

/**
 * Exchanges what requests are served with, one configuration after the other. What is under way goes on with what it
 * began with, which is closed after its last request.
 */
export class ConfigReloader<Opened extends { runtime: GatewayState }> {
	readonly #ports: ConfigReloaderOptions<Opened>;
	/** As the socket was opened. */
	readonly #bound: GatewayConfig;
	/** Systems that still have requests under way. */
	readonly #retiring = new Set<Promise<void>>();
	#last: Promise<unknown> = Promise.resolve();
	#isClosed = false;

	constructor(ports: ConfigReloaderOptions<Opened>) {
		this.#ports = ports;
		this.#bound = ports.current().config;
	}

	/** Takes up the configuration as it is when those before are done. Never rejects. */
	reload(): Promise<ReloadReport> {
		const report = this.#last.then(() => this.#reload());
		this.#last = report;
		return report;
	}

	/** Takes up nothing more; resolves when every system but the one in force is closed. */
	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#last;
		await Promise.all(this.#retiring);
	}

	async #reload(): Promise<ReloadReport> {
		if (this.#isClosed) return refused(new Error('the gateway is about to stop'));
		try {
			const report = await this.#exchange();
			const waits = report.waitsForRestart.join(', ');
			this.#ports.onNotice(
				`The configuration was taken up.${waits === '' ? '' : ` At the next start only: ${waits} (this process listens where it did).`}`,
			);
			return report;
		} catch (error) {
			const report = refused(error);
			this.#ports.onNotice(`The configuration was refused, the one before stays in force: ${report.message}`);
			return report;
		}
	}

	async #exchange(): Promise<ReloadReport & { isTaken: true }> {
		const opened = this.#ports.open();
		const { config } = opened.runtime;
		const waitsForRestart = BOUND.filter((name) => config[name] !== this.#bound[name]);
		const { host, port } = this.#bound;
		const next: GatewayState = { ...opened.runtime, config: { ...config, host, port } };
		const before = this.#ports.current();
		try {
			requireKeysBeyondLoopback(next.config);
			await requireStorage(next, before);
		} catch (error) {
			await next.system.close();
			throw error;
		}
		const underWay = this.#ports.settled();
		this.#ports.configure({ ...opened, runtime: next });
		this.#retire(before, underWay);
		return { isTaken: true, waitsForRestart: waitsForRestart.map((name) => `gateway.${name}`) };
	}

	#retire({ system }: GatewayState, underWay: Promise<void>): void {
		const closed = underWay
			.then(() => system.close())
			.catch((error: unknown) => this.#ports.onNotice(`The configuration before could not be closed: ${String(error)}`))
			.finally(() => this.#retiring.delete(closed));
		this.#retiring.add(closed);
	}
}

/** Opens the database before requests need it. One that cannot be used is no reason to give up one that can. */
async function requireStorage(next: GatewayState, before: GatewayState): Promise<void> {
	const { degraded } = await next.system.storageStatus();
	if (degraded === null || (await before.system.storageStatus()).degraded !== null) return;
	throw new StorageError('unavailable', degraded.split('\n', 1)[0] ?? degraded);
}

function refused(error: unknown): ReloadReport & { isTaken: false } {
	const message = redactSecrets(error instanceof Error ? error.message : String(error));
	if (error instanceof InvalidConfigError) return { isTaken: false, message, issues: error.issues };
	return { isTaken: false, message: isRouterError(error) ? message : `It cannot be read: ${message}`, issues: [] };
}

/** Milliseconds between two looks at a file. */
const LOOK_MS = 500;
/** Milliseconds of quiet after a change: editors write a file in several steps. */
const QUIET_MS = 150;
/** Milliseconds by which a file's time may lie behind the clock's: file systems count in steps. */
const STEP_MS = 20;

/** What tells one state of a file from another; a file that is not there, or cannot be looked at, has a state too. */
function stampOf(path: string): { text: string; changedAt: number } {
	try {
		const stats = statSync(path, { throwIfNoEntry: false });
		if (stats === undefined) return { text: 'none', changedAt: 0 };
		return { text: `${stats.ino} ${stats.size} ${stats.mtimeMs}`, changedAt: stats.mtimeMs };
	} catch (error) {
		// Whoever reads it will say what is wrong with it; here only that it is another state matters.
		return { text: String(error), changedAt: 0 };
	}
}

/**
 * Calls back some time after one of the files was changed, made, replaced or removed, until the returned function is
 * called. It looks at the files by their names instead of listening to their folders: a folder need not be there yet, and
 * a mount whose links are exchanged (as a ConfigMap's are) changes nothing that could be heard. What changed after
 * `since` (epoch milliseconds), when the files were read, counts as changed too.
 */
export function watchFiles(paths: readonly string[], since: number, onChange: () => void): () => void {
	let timer: NodeJS.Timeout | null = null;
	const call = (): void => {
		if (timer !== null) clearTimeout(timer);
		timer = setTimeout(onChange, QUIET_MS);
		timer.unref();
	};
	const stamps = paths.map(stampOf);
	if (stamps.some(({ changedAt }) => changedAt >= since - STEP_MS)) call();
	const look = setInterval(() => {
		for (const [index, path] of paths.entries()) {
			const stamp = stampOf(path);
			if (stamp.text === stamps[index]?.text) continue;
			stamps[index] = stamp;
			call();
		}
	}, LOOK_MS);
	look.unref();
	return () => {
		clearInterval(look);
		if (timer !== null) clearTimeout(timer);
	};
}

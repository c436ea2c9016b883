import type { GatewayConfig } from '../../config/index.ts';
import { type ConfigIssue, InvalidConfigError, isRouterError, StorageError } from '../../errors/index.ts';
import { maskSecrets } from '../../util/index.ts';
import { requireKeysWhenWide } from '../guard-request.ts';
import type { Runtime } from '../runtime.ts';

/** What came of a look at the configuration. */
export type ReloadReport =
	/** `waitsForRestart`: settings that changed and take effect at the next start only. */
	| { isTaken: true; waitsForRestart: string[] }
	/** The configuration before stays in force; `issues` are what is wrong, as far as they have a place. */
	| { isTaken: false; message: string; issues: readonly ConfigIssue[] };

/** What configurations are exchanged with. */
export interface RuntimeSwitchPorts<Opened extends { runtime: Runtime }> {
	/** Makes a runtime, and what belongs to it, of the configuration as it is now. @throws when it cannot be */
	open: () => Opened;
	/** The runtime in force. */
	current: () => Runtime;
	/** Serves what comes from now on with another. */
	configure: (opened: Opened) => void;
	/** Resolves when every request that is under way now is over. */
	settled: () => Promise<void>;
	/** Hears what came of it. */
	notice: (message: string) => void;
}

/** Settings of a socket that is open: they wait for the next start. */
const BOUND = ['host', 'port'] as const;

/**
 * Exchanges what requests are served with, one configuration after the other. What is under way goes on with what it
 * began with, which is closed after its last request.
 */
export class RuntimeSwitch<Opened extends { runtime: Runtime }> {
	readonly #ports: RuntimeSwitchPorts<Opened>;
	/** As the socket was opened. */
	readonly #bound: GatewayConfig;
	/** Systems that still have requests under way. */
	readonly #retiring = new Set<Promise<void>>();
	#last: Promise<unknown> = Promise.resolve();
	#isClosed = false;

	constructor(ports: RuntimeSwitchPorts<Opened>) {
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
			this.#ports.notice(
				`The configuration was taken up.${waits === '' ? '' : ` At the next start only: ${waits} (this process listens where it did).`}`,
			);
			return report;
		} catch (error) {
			const report = refused(error);
			this.#ports.notice(`The configuration was refused, the one before stays in force: ${report.message}`);
			return report;
		}
	}

	async #exchange(): Promise<ReloadReport & { isTaken: true }> {
		const opened = this.#ports.open();
		const { config } = opened.runtime;
		const waitsForRestart = BOUND.filter((name) => config[name] !== this.#bound[name]);
		const { host, port } = this.#bound;
		const next: Runtime = { ...opened.runtime, config: { ...config, host, port } };
		const before = this.#ports.current();
		try {
			requireKeysWhenWide(next.config);
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

	#retire({ system }: Runtime, underWay: Promise<void>): void {
		const closed = underWay
			.then(() => system.close())
			.catch((error: unknown) => this.#ports.notice(`The configuration before could not be closed: ${String(error)}`))
			.finally(() => this.#retiring.delete(closed));
		this.#retiring.add(closed);
	}
}

/** Opens the database before requests need it. One that cannot be used is no reason to give up one that can. */
async function requireStorage(next: Runtime, before: Runtime): Promise<void> {
	const { degraded } = await next.system.storageStatus();
	if (degraded === null || (await before.system.storageStatus()).degraded !== null) return;
	throw new StorageError('unavailable', degraded.split('\n', 1)[0] ?? degraded);
}

function refused(error: unknown): ReloadReport & { isTaken: false } {
	const message = maskSecrets(error instanceof Error ? error.message : String(error));
	if (error instanceof InvalidConfigError) return { isTaken: false, message, issues: error.issues };
	return { isTaken: false, message: isRouterError(error) ? message : `It cannot be read: ${message}`, issues: [] };
}

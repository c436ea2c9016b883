import type { GatewayFleet, KeyAdmission, LimitedKey, OpenGateway } from '../../gateway.ts';
import { mergeMetrics } from './merge-metrics.ts';
import type { Channel, Notice, PrimaryCalls, WorkerCalls } from './messages.ts';
import { Peer, toWorkerError } from './peer.ts';

/** A worker's line to the process that started it. */
export class WorkerLink {
	readonly #peer: Peer<PrimaryCalls, WorkerCalls>;
	#running: OpenGateway | null = null;
	#stop: () => void = () => {};
	/** Resolves when the worker has to end. */
	readonly stopped: Promise<void>;

	constructor(channel: Channel) {
		this.stopped = new Promise((resolve) => {
			this.#stop = resolve;
		});
		channel.onEnd(() => this.#stop());
		const handlers = {
			metrics: () => this.#require().gateway.metrics(),
			reload: () => this.#require().reload(),
			refreshLimits: async () => {
				await this.#require().gateway.runtime.system.limits.refresh();
				return null;
			},
		};
		this.#peer = new Peer<PrimaryCalls, WorkerCalls>(channel, handlers, (notice) => this.#take(notice));
	}

	/** What a gateway does together with the other workers. */
	get fleet(): GatewayFleet {
		return {
			admit: (key, tokens) => this.#admit(key, tokens),
			metrics: async () => mergeMetrics(await this.#peer.call('metrics', null)),
			keyChanged: (id) => this.#peer.tell({ kind: 'key-changed', id }),
			sessionChanged: (change) => this.#peer.tell({ kind: 'session-changed', change }),
			refreshLimits: async () => {
				await this.#peer.call('refreshLimits', null);
			},
			reload: () => this.#peer.call('reload', null),
		};
	}

	/** Tells that the gateway takes requests; `report` is what the user is to read. */
	listening(running: OpenGateway, report: string): void {
		this.#running = running;
		const { drainTimeoutMs } = running.gateway.runtime.config;
		this.#peer.tell({ kind: 'listening', report, drainTimeoutMs });
	}

	/** Tells why the gateway could not begin. */
	failed(error: unknown): void {
		this.#peer.tell({ kind: 'failed', error: toWorkerError(error) });
	}

	/** Tells something that the user should know. */
	note(message: string): void {
		this.#peer.tell({ kind: 'note', message });
	}

	async #admit({ id, limits }: LimitedKey, tokens: number): Promise<KeyAdmission> {
		const admission = await this.#peer.call('admit', { key: { id, limits }, tokens });
		let isReleased = false;
		return {
			release: (usedTokens) => {
				if (!isReleased) this.#peer.tell({ kind: 'release', id: admission.id, usedTokens });
				isReleased = true;
			},
		};
	}

	#take(notice: Notice): void {
		if (notice.kind === 'key-changed') this.#running?.gateway.keys.forget(notice.id);
		if (notice.kind === 'session-changed') this.#running?.gateway.sessions.adopt(notice.change);
		if (notice.kind === 'stop') this.#stop();
	}

	#require(): OpenGateway {
		if (this.#running === null) throw new Error('This worker does not serve yet.');
		return this.#running;
	}
}

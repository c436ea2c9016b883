import type { ServerResponse } from 'node:http';

/** The requests being answered, so that those that outlast the drain timeout can be aborted when the gateway stops. */
export class InFlightRequests {
	/** At most as many as there are connections. */
	readonly #controllers = new Set<AbortController>();

	get size(): number {
		return this.#controllers.size;
	}

	/** A signal that aborts when the caller disconnects before the answer is sent, or with `abortAll`. */
	track(response: ServerResponse): AbortSignal {
		const controller = new AbortController();
		// A response that is closed already emits no further `close`.
		if (response.destroyed) {
			controller.abort(new Error('The caller left.'));
			return controller.signal;
		}
		this.#controllers.add(controller);
		response.once('close', () => {
			this.#controllers.delete(controller);
			if (!response.writableFinished) controller.abort(new Error('The caller left.'));
		});
		return controller.signal;
	}

	/** Aborts them all; their callers get the reason. */
	abortAll(reason: Error): void {
		for (const controller of this.#controllers) controller.abort(reason);
	}
}

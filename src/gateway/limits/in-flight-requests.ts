import type { ServerResponse } from 'node:http';

/** The requests that are being answered, so that those that take too long can be cut when the gateway stops. */
export class InFlightRequests {
	/** At most as many as there are connections. */
	readonly #controllers = new Set<AbortController>();

	/** Requests that can be cut now. */
	get size(): number {
		return this.#controllers.size;
	}

	/** A signal that aborts when the caller leaves before the answer is sent, or when all are cut. */
	track(response: ServerResponse): AbortSignal {
		const controller = new AbortController();
		// Who has left already closes no second time.
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

	/** Ends them all for one reason, which their callers are told. */
	abortAll(reason: Error): void {
		for (const controller of this.#controllers) controller.abort(reason);
	}
}

/**
 * Aborts the controller when the signal does, until the returned function is called. In place of `AbortSignal.any`: Node
 * keeps a combined signal for good while anybody listens to it, and client libraries seldom stop listening.
 */
export function followSignal(controller: AbortController, signal: AbortSignal): () => void {
	if (signal.aborted) {
		controller.abort(signal.reason);
		return () => {};
	}
	const follow = () => controller.abort(signal.reason);
	signal.addEventListener('abort', follow, { once: true });
	return () => signal.removeEventListener('abort', follow);
}

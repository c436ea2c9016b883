import { resolveLatency } from '../catalog/index.ts';
import type { GatewayStreamConfig } from '../config/index.ts';
import type { ModelProfile, TaskDescriptor } from '../contracts/index.ts';
import type { Patience } from './watchdog.ts';

/** How many times its usual time a model is given before it counts as silent. */
const SLOWNESS = 3;
/** Milliseconds a model that was asked to think is given before its first output: some think unseen. */
const THINKING_MS = 120_000;

/** How long one attempt may stay silent. A whole answer comes at once: it is given the time its writing takes. */
export function patienceFor(
	profile: ModelProfile,
	task: { descriptor: TaskDescriptor; isStream: boolean; asksToThink: boolean; maxOutputTokens: number | undefined },
	limits: { streams: GatewayStreamConfig; attemptTimeoutMs: number },
): Patience {
	const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);
	const { firstOutputTimeoutMs, idleTimeoutMs } = limits.streams;
	const thinkingMs = task.asksToThink ? THINKING_MS : 0;
	if (task.isStream) {
		return { firstOutputMs: Math.max(firstOutputTimeoutMs, SLOWNESS * ttftMs, thinkingMs), idleMs: idleTimeoutMs };
	}
	const expected = task.descriptor.outputTokensInterval?.high ?? task.descriptor.estimatedOutputTokens;
	const tokens = Math.min(task.maxOutputTokens ?? Number.POSITIVE_INFINITY, expected);
	const writingMs = (tokens / outputTokensPerSecond) * 1000;
	const wholeMs = Math.max(limits.attemptTimeoutMs, SLOWNESS * (ttftMs + writingMs), thinkingMs);
	return { firstOutputMs: wholeMs, idleMs: Math.max(idleTimeoutMs, limits.attemptTimeoutMs) };
}

import type { MeteredUsage, RoutingDecision } from '../contracts/index.ts';

/** Tokens that count against a provider's limits before it has counted itself. */
export function countExpectedTokens({ descriptor }: RoutingDecision): number {
	return descriptor.estimatedInputTokens + descriptor.estimatedOutputTokens;
}

/** The usage of the current attempt, as far as its executor has seen it. */
export class UsageMeter {
	#read: () => MeteredUsage | Promise<MeteredUsage> = () => 'unknown';

	/** Sets how to find out what the attempt has used so far. */
	set(read: () => MeteredUsage | Promise<MeteredUsage>): void {
		this.#read = read;
	}

	/** Forgets the attempt before. */
	reset(): void {
		this.#read = () => 'unknown';
	}

	/** Reads the meter once: an attempt that fails before it is made must not be charged for the one before it. */
	async take(): Promise<MeteredUsage> {
		const usage = this.#read();
		this.reset();
		return usage;
	}
}

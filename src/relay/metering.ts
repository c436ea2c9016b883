import { CHARACTERS_PER_TOKEN, type MeteredUsage, type RoutingDecision } from '../contracts/index.ts';

/** Output beyond the tokens that the money pays for, as a ratio, at which a provider that ignores its limit is stopped. */
const MAX_OVERRUN_RATIO: number = 1.5;

/** Estimated tokens of so many characters of output, whole. */
export function charactersToTokens(characters: number): number {
	return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** Tokens that count against a provider's limits before it has counted itself. */
export function countExpectedTokens({ descriptor }: RoutingDecision): number {
	return descriptor.estimatedInputTokens + descriptor.estimatedOutputTokens;
}

/** Whether a provider has written so far beyond the limit that the money sets that it must be stopped. */
export function isOverrun(characters: number, maxOutputTokens: number | undefined): boolean {
	return maxOutputTokens !== undefined && charactersToTokens(characters) > maxOutputTokens * MAX_OVERRUN_RATIO;
}

/**
 * The limit to be set on one answer; `undefined` where the caller's own limit, or the model's, is within what the money
 * allows. `allowed`: tokens the money pays for, all answers together.
 */
export function resolveOutputLimit(
	allowed: number | undefined,
	own: { maxOutputTokens: number | null; modelLimit: number; answerCount: number },
): number | undefined {
	if (allowed === undefined) return undefined;
	const perAnswer = Math.max(1, Math.floor(allowed / own.answerCount));
	return perAnswer < (own.maxOutputTokens ?? own.modelLimit) ? perAnswer : undefined;
}

/** The usage of the current attempt, as far as its executor has seen it. */
export class UsageMeter {
	#read: () => MeteredUsage = () => 'unknown';

	/** Sets how to find out what the attempt has used so far. */
	set(read: () => MeteredUsage): void {
		this.#read = read;
	}

	/** Forgets the attempt before. */
	reset(): void {
		this.#read = () => 'unknown';
	}

	/** Reads the meter once: an attempt that fails before it is made must not be charged for the one before it. */
	take(): MeteredUsage {
		const usage = this.#read();
		this.reset();
		return usage;
	}
}

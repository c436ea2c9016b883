import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';

type Effort = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const EFFORTS: ReadonlySet<string> = new Set<Effort>(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** An effort that the neutral form knows; `null` for any other. */
export function effortOf(value: unknown): Effort | null {
	// a member of the set is an Effort
	return typeof value === 'string' && EFFORTS.has(value) ? (value as Effort) : null;
}

/** True where the caller asks the model to think: every effort but the two that stand for none. */
export function asksToThink(effort: unknown): boolean {
	return typeof effort === 'string' && effort !== 'none' && effort !== 'minimal';
}

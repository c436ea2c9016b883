import type { TaskType } from '../../contracts/index.ts';

/** What a sign can speak for. */
export type FeatureTarget =
	| `type:${TaskType}`
	| 'complexity'
	| 'critical'
	| 'urgency'
	| 'incident'
	| 'code'
	| 'creativity'
	| 'thinking'
	| 'multi-step'
	| 'iterative'
	| 'follow-up';

/** The words of one language: pure data. */
export interface LexiconData {
	language: string;
	/** Words after which the rest of the clause is circumstance, not the request (`for`, `in`, …); space-separated. */
	linkWords: string;
	/** Modals and possessives: they belong to phrases, but do not lead a sentence; space-separated. */
	lightWords: string;
	/** Words that carry no meaning of their own and are skipped; space-separated. */
	fillerWords: string;
	/**
	 * One group a line: target, weight and the phrases that carry it, with `|` between them, and `,` between phrases: no
	 * spaces, since browsers load them too. In a phrase, `~` allows up to three words between its neighbours (40 characters in
	 * scripts without spaces), `word*` matches by beginning and `*word` by ending. Targets are of `FeatureTarget`.
	 */
	features: string;
}

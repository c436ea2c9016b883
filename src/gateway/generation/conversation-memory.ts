import type { CachedPrefix, ModelName } from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';

/** Conversations remembered at once; the longest unused is forgotten first. */
const MAX_CONVERSATIONS = 10_000;
/** Milliseconds a conversation is remembered after its last turn. */
const CONVERSATION_TTL_MS = 3_600_000;
/** Milliseconds a provider's prompt cache is taken to live. */
const PROMPT_CACHE_TTL_MS = 300_000;
/** Turns a conversation that has gone on is taken to go on for. */
const EXPECTED_TURNS = 3;

interface Turn {
	model: ModelName;
	/** Input of the last turn: what its provider may still have in its cache. */
	tokens: number;
	at: number;
}

/** Which model answered a conversation last, so that leaving it has its price: its provider's cache, and reasoning only it can read. */
export class ConversationMemory {
	readonly #turns = new BoundedMap<string, Turn>(MAX_CONVERSATIONS, CONVERSATION_TTL_MS);

	/** Conversations remembered now. */
	get size(): number {
		return this.#turns.size;
	}

	/** `owner`: whose conversations these are; names of sessions are their callers' own. */
	remember(conversation: { owner: string; session: string }, turn: Turn): void {
		this.#turns.set(keyOf(conversation), turn, turn.at);
	}

	/** What the conversation's last model holds of it; `undefined` when nobody here has seen it. */
	getCachedPrefix(
		conversation: { owner: string; session: string },
		now: number,
		isBound: boolean,
	): CachedPrefix | undefined {
		const turn = this.#turns.get(keyOf(conversation), now);
		if (turn === undefined) return undefined;
		const isCached = now - turn.at < PROMPT_CACHE_TTL_MS;
		return {
			model: turn.model,
			tokens: isCached ? turn.tokens : 0,
			expectedTurns: EXPECTED_TURNS,
			boundToModel: isBound,
		};
	}
}

function keyOf({ owner, session }: { owner: string; session: string }): string {
	return JSON.stringify([owner, session]);
}

import type { CachedPrefix, ModelName } from '../../contracts/index.ts';
import type { ObservedAnswer } from '../../system/index.ts';
import { BoundedMap } from '../../util/index.ts';

/** Conversations that are remembered; the least recently used one is dropped first. */
const MAX_CONVERSATIONS = 10_000;
/** Responses whose deployment is remembered; the least recently used one is dropped first. */
const MAX_RESPONSES = 10_000;
/** Milliseconds a conversation is remembered after its last turn. */
const CONVERSATION_TTL_MS = 3_600_000;
/** Milliseconds after which a provider's prompt cache is expected to have expired. */
const PROMPT_CACHE_TTL_MS = 300_000;
/** Further turns that a conversation is expected to have. */
const EXPECTED_TURNS = 3;

interface Turn {
	model: ModelName;
	/** Tokens of the conversation after this turn: what its provider may still have in its cache. */
	tokens: number;
	at: number;
	/** Set where the next turn may show how good it was. */
	answer?: RememberedAnswer | undefined;
}

/** The answer of a turn, and a hash of what was asked; empty where no person asked. */
export interface RememberedAnswer extends ObservedAnswer {
	ask: string;
}

/**
 * Which model answered each conversation last: switching away from it costs its provider's cache, and reasoning that only it
 * can read. And which deployment holds a response that a later request may go on from: no other has it.
 */
export class ConversationMemory {
	readonly #turns = new BoundedMap<string, Turn>(MAX_CONVERSATIONS, CONVERSATION_TTL_MS);

	/** The deployment of each response, by the response's id. */
	readonly #holders = new BoundedMap<string, string>(MAX_RESPONSES);

	get size(): number {
		return this.#turns.size;
	}

	/** `owner`: two callers may give their sessions the same name. Answers the turn before, as long as it is remembered. */
	remember(conversation: { owner: string; session: string }, turn: Turn): Turn | undefined {
		const key = toKey(conversation);
		const before = this.#turns.get(key, turn.at);
		this.#turns.set(key, turn, turn.at);
		return before;
	}

	rememberResponse(id: string, deployment: string): void {
		this.#holders.set(id, deployment);
	}

	/** The id of the deployment that holds a response; `undefined` where that is not known. */
	getHolder(responseId: string | undefined): string | undefined {
		return responseId === undefined ? undefined : this.#holders.get(responseId);
	}

	/** What the conversation's last model may have cached; `undefined` for an unknown conversation. `now`: epoch milliseconds. */
	getCachedPrefix(
		conversation: { owner: string; session: string },
		now: number,
		isBound: boolean,
	): CachedPrefix | undefined {
		const turn = this.#turns.get(toKey(conversation), now);
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

function toKey({ owner, session }: { owner: string; session: string }): string {
	return JSON.stringify([owner, session]);
}

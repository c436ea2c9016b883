/** How long a cached prefix lives after its last use. */
export type CacheLife = '5m' | '1h';

/** A place in a request where a prefix ends that may come again. */
export interface CacheBoundary {
	at: 'tools' | 'system' | 'messages';
	/** Index of the message, for `messages`. */
	message: number;
	/** Tokens from the beginning to here, roughly. */
	tokens: number;
	/** Stands for everything from the beginning to here. */
	hash: string;
}

/** A mark at which a provider caches the prompt up to there. */
export interface CacheMark {
	boundary: CacheBoundary;
	life: CacheLife;
}

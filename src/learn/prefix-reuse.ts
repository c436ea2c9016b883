import { BoundedMap, MINUTE_MS } from '../util/index.ts';

/** Milliseconds that a cached prefix lives after its last use. */
const CACHE_TTL_MS: Readonly<Record<Life, number>> = { '5m': 5 * MINUTE_MS, '1h': 60 * MINUTE_MS };
type Life = '5m' | '1h';

/** Prefixes remembered when nothing else is said; one takes about 300 bytes. */
const DEFAULT_PREFIX_CAPACITY: number = 10_000;

/** Weight of what is assumed of a kind of prefix, in sightings. */
const KIND_PRIOR_SIGHTINGS = 4;
/** Weight of what is known of the kind against what is known of the prefix itself, in sightings. */
const OWN_PRIOR_SIGHTINGS = 2;
/** Sightings of a kind after which old ones count half, so that a change of the work is noticed. */
const HALVE_AFTER_SIGHTINGS = 500;

/**
 * Chances assumed before anything was measured. What was never seen stays below every break-even (0.22 for five minutes,
 * 0.53 for an hour), so that work that never repeats costs nothing more; a conversation that goes on is well above.
 */
const REUSE_PRIORS: Readonly<Record<State, Readonly<Record<Life, number>>>> = {
	new: { '5m': 0.15, '1h': 0.2 },
	again: { '5m': 0.6, '1h': 0.8 },
	continued: { '5m': 0.75, '1h': 0.9 },
};
type State = 'new' | 'again' | 'continued';

/** A prefix as it was seen. */
interface SeenPrefix {
	hash: string;
	kind: 'tools' | 'system' | 'turn';
}

/** How often prefixes came again within each life, of those whose time has run out or that did. */
class ReuseRates {
	readonly #came: Record<Life, number> = { '5m': 0, '1h': 0 };
	readonly #seen: Record<Life, number> = { '5m': 0, '1h': 0 };

	add(life: Life, came: boolean): void {
		this.#seen[life] += 1;
		if (came) this.#came[life] += 1;
		if (this.#seen[life] < HALVE_AFTER_SIGHTINGS) return;
		this.#seen[life] /= 2;
		this.#came[life] /= 2;
	}

	/** Shrunk towards what was assumed. */
	chance(life: Life, assumed: number, weight: number): number {
		return (this.#came[life] + weight * assumed) / (this.#seen[life] + weight);
	}
}

/**
 * A sighting that awaits whether its prefix comes again. Kinds learn of it when its time is over, come or not: would they
 * hear of what came at once and of what did not later, they would expect too much.
 */
interface Sighting {
	seenAt: number;
	bucket: ReuseRates;
	/** Milliseconds after which it came again. */
	cameAfter: number | null;
}

interface Entry {
	hash: string;
	sighting: Sighting;
	state: State;
	own: ReuseRates;
	cached: { life: Life; until: number } | null;
	expectedTurns: number | null;
}

/**
 * Measures how often the beginnings of prompts come again within the lives of a provider's cache. Bounded: what was seen
 * longest ago is forgotten. Holds hashes only, in memory only. Times are epoch milliseconds and come from the caller.
 */
export class PrefixReuse {
	readonly #capacity: number;
	/** By last sighting, oldest first. */
	readonly #entries: BoundedMap<string, Entry>;
	/** Sightings whose time is not over, oldest first, by the life that they await. */
	readonly #awaited: Readonly<Record<Life, Set<Sighting>>> = { '5m': new Set(), '1h': new Set() };
	readonly #buckets = new Map<string, ReuseRates>();

	constructor(options: { capacity?: number } = {}) {
		this.#capacity = Math.max(1, options.capacity ?? DEFAULT_PREFIX_CAPACITY);
		this.#entries = new BoundedMap(this.#capacity);
	}

	/** Prefixes remembered. */
	get size(): number {
		return this.#entries.size;
	}

	/** What is expected of a prefix: the chances that it comes again, and whether it is in the cache now. */
	forecast({ hash, kind }: SeenPrefix, now: number): { within5m: number; within1h: number; cached: Life | null } {
		const entry = this.#entries.peek(hash);
		const state = entry?.state ?? 'new';
		const bucket = entry?.sighting.bucket ?? this.#bucket(kind, state);
		const chance = (life: Life) => {
			const planned = state === 'new' && entry?.expectedTurns != null ? 1 - 1 / entry.expectedTurns : null;
			const usual = planned ?? bucket.chance(life, REUSE_PRIORS[state][life], KIND_PRIOR_SIGHTINGS);
			return entry === undefined ? usual : entry.own.chance(life, usual, OWN_PRIOR_SIGHTINGS);
		};
		const within5m = chance('5m');
		const isCached = entry?.cached != null && entry.cached.until > now;
		return {
			within5m,
			within1h: Math.max(within5m, chance('1h')),
			cached: isCached ? (entry.cached?.life ?? null) : null,
		};
	}

	/** The prefixes of a request about to be sent; `earlier` are the ends of the conversation's earlier messages. */
	observe(
		request: { prefixes: readonly SeenPrefix[]; earlier: readonly string[]; expectedTurns?: number },
		now: number,
	): void {
		this.#sweep(now);
		// the latest end that is known: those before it were counted when it came
		const before = request.earlier.findLast((hash) => this.#entries.has(hash));
		const isContinued = before !== undefined && this.#cameAgain(before, now);
		for (const { hash, kind } of request.prefixes) {
			const known = this.#entries.peek(hash);
			const isAgain = this.#cameAgain(hash, now);
			const state = kind === 'turn' && isContinued ? 'continued' : isAgain ? 'again' : 'new';
			const expectedTurns = kind === 'turn' && (request.expectedTurns ?? 0) >= 1 ? (request.expectedTurns ?? 1) : null;
			this.#remember({
				hash,
				sighting: this.#await(this.#bucket(kind, state), now),
				state,
				own: known?.own ?? new ReuseRates(),
				cached: known?.cached ?? null,
				expectedTurns,
			});
		}
	}

	/** The prefix was sent with a mark: from now it is cached. */
	markCached(hash: string, life: Life, now: number): void {
		const entry = this.#entries.peek(hash);
		const cached = { life, until: now + CACHE_TTL_MS[life] };
		if (entry !== undefined) entry.cached = cached;
		else this.#remember({ ...this.#blank(hash, now), cached });
	}

	#blank(hash: string, now: number): Entry {
		const sighting = { seenAt: now, bucket: new ReuseRates(), cameAfter: null };
		return { hash, sighting, state: 'new', own: new ReuseRates(), cached: null, expectedTurns: null };
	}

	#await(bucket: ReuseRates, now: number): Sighting {
		const sighting = { seenAt: now, bucket, cameAfter: null };
		for (const awaited of [this.#awaited['5m'], this.#awaited['1h']]) {
			awaited.add(sighting);
			const [oldest] = awaited;
			if (awaited.size > this.#capacity && oldest !== undefined) awaited.delete(oldest);
		}
		return sighting;
	}

	#bucket(kind: SeenPrefix['kind'], state: State): ReuseRates {
		const name = `${kind} ${state}`;
		const bucket = this.#buckets.get(name) ?? new ReuseRates();
		this.#buckets.set(name, bucket);
		return bucket;
	}

	/** Counts a sighting that was awaited. False when the prefix is not known. */
	#cameAgain(hash: string, now: number): boolean {
		const entry = this.#entries.peek(hash);
		if (entry === undefined) return false;
		const { sighting, own, cached } = entry;
		if (sighting.cameAfter === null) {
			sighting.cameAfter = Math.max(0, now - sighting.seenAt);
			own.add('5m', sighting.cameAfter <= CACHE_TTL_MS['5m']);
			own.add('1h', sighting.cameAfter <= CACHE_TTL_MS['1h']);
		}
		if (cached !== null && cached.until > now) cached.until = now + CACHE_TTL_MS[cached.life];
		return true;
	}

	#remember(entry: Entry): void {
		this.#entries.set(entry.hash, entry);
	}

	/** Kinds learn of the sightings whose time is over; prefixes that nobody awaits any more are forgotten. */
	#sweep(now: number): void {
		for (const life of ['5m', '1h'] as const) {
			for (const sighting of this.#awaited[life]) {
				if (now - sighting.seenAt <= CACHE_TTL_MS[life]) break;
				sighting.bucket.add(life, sighting.cameAfter !== null && sighting.cameAfter <= CACHE_TTL_MS[life]);
				this.#awaited[life].delete(sighting);
			}
		}
		for (const [hash, { sighting }] of this.#entries) {
			if (now - sighting.seenAt <= CACHE_TTL_MS['1h']) break;
			this.#entries.delete(hash);
		}
	}
}

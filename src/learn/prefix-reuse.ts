import { BoundedMap, HOUR_MS, MINUTE_MS } from '../util/index.ts';

/** How long a provider keeps a prefix in its cache after the last use. */
type Ttl = '5m' | '1h';
const TTL_MS: Readonly<Record<Ttl, number>> = { '5m': 5 * MINUTE_MS, '1h': HOUR_MS };

/** Prefixes remembered when nothing else is said; one takes about 300 bytes. */
const DEFAULT_PREFIX_CAPACITY = 10_000;

/** Weight of the prior of a kind of prefix, in sightings. */
const KIND_PRIOR_SIGHTINGS = 4;
/** Weight of what is known of the kind against what is known of the prefix itself, in sightings. */
const OWN_PRIOR_SIGHTINGS = 2;
/** Sightings of a kind after which old ones count half, so that a change of the work is noticed. */
const HALVE_AFTER_SIGHTINGS = 500;

/** `continued`: a message after a prefix that was seen; `again`: seen itself. */
type State = 'new' | 'again' | 'continued';

/**
 * Chances assumed before anything was measured. What was never seen stays below every break-even (0.22 for five minutes,
 * 0.53 for an hour), so that work that never repeats costs nothing more; a conversation that goes on is well above.
 */
const REUSE_PRIORS: Readonly<Record<State, Readonly<Record<Ttl, number>>>> = {
	new: { '5m': 0.15, '1h': 0.2 },
	again: { '5m': 0.6, '1h': 0.8 },
	continued: { '5m': 0.75, '1h': 0.9 },
};

/** A prefix as it was seen: its hash, and the part of a request that it ends with. */
interface SeenPrefix {
	hash: string;
	section: 'tools' | 'system' | 'messages';
}

/** How often prefixes came again within each lifetime of the cache. */
class ReuseRates {
	readonly #reused: Record<Ttl, number> = { '5m': 0, '1h': 0 };
	readonly #seen: Record<Ttl, number> = { '5m': 0, '1h': 0 };
	/** Whether one came again after five minutes and within the hour: nothing less is worth the dearer write. */
	hasLate = false;

	add(ttl: Ttl, reusedAfterMs: number | null): void {
		const isReused = reusedAfterMs !== null && reusedAfterMs <= TTL_MS[ttl];
		this.hasLate ||= ttl === '1h' && isReused && reusedAfterMs > TTL_MS['5m'];
		this.#seen[ttl] += 1;
		if (isReused) this.#reused[ttl] += 1;
		if (this.#seen[ttl] < HALVE_AFTER_SIGHTINGS) return;
		this.#seen[ttl] /= 2;
		this.#reused[ttl] /= 2;
	}

	/** Shrunk to the prior. */
	chance(ttl: Ttl, prior: number, priorSightings: number): number {
		return (this.#reused[ttl] + priorSightings * prior) / (this.#seen[ttl] + priorSightings);
	}
}

/**
 * A sighting of a prefix that may come again. It counts for its kind when its time is over, reused or not: counted at
 * reuse, kinds would look better than they are, since what is not reused is known only later.
 */
interface Sighting {
	seenAt: number;
	kind: ReuseRates;
	/** Milliseconds after which it was reused. */
	reusedAfterMs: number | null;
}

interface Entry {
	sighting: Sighting;
	state: State;
	own: ReuseRates;
	cached: { ttl: Ttl; expiresAt: number } | null;
	expectedTurns: number | null;
}

/**
 * Measures how often the prefixes of prompts come again within the lifetimes of a provider's cache. Bounded: what was seen
 * longest ago is forgotten. Holds hashes only, in memory only. Times are epoch milliseconds and come from the caller.
 */
export class PrefixReuse {
	readonly #capacity: number;
	/** By last sighting, oldest first. */
	readonly #entries: BoundedMap<string, Entry>;
	/** Sightings whose time is not over, oldest first. */
	readonly #pending: Readonly<Record<Ttl, Set<Sighting>>> = { '5m': new Set(), '1h': new Set() };
	/** By section and state. */
	readonly #kinds = new Map<string, ReuseRates>();

	constructor(options: { capacity?: number } = {}) {
		this.#capacity = Math.max(1, options.capacity ?? DEFAULT_PREFIX_CAPACITY);
		this.#entries = new BoundedMap(this.#capacity);
	}

	/** Prefixes remembered. */
	get size(): number {
		return this.#entries.size;
	}

	/**
	 * The chances that a prefix comes again, and its lifetime where it is in the cache now. An hour has a chance of its own only
	 * once a reuse after more than five minutes was measured, of the prefix or of its kind.
	 */
	forecast({ hash, section }: SeenPrefix, now: number): { within5m: number; within1h: number; cached: Ttl | null } {
		const entry = this.#entries.peek(hash);
		const { state, expectedTurns = null } = entry ?? { state: 'new' as const };
		const kind = entry?.sighting.kind ?? this.#kind(section, state);
		const chance = (ttl: Ttl) => {
			const usual =
				state === 'new' && expectedTurns !== null
					? 1 - 1 / expectedTurns
					: kind.chance(ttl, REUSE_PRIORS[state][ttl], KIND_PRIOR_SIGHTINGS);
			return entry === undefined ? usual : entry.own.chance(ttl, usual, OWN_PRIOR_SIGHTINGS);
		};
		const within5m = chance('5m');
		const cached = entry?.cached ?? null;
		return {
			within5m,
			within1h: kind.hasLate || entry?.own.hasLate === true ? Math.max(within5m, chance('1h')) : within5m,
			cached: cached !== null && cached.expiresAt > now ? cached.ttl : null,
		};
	}

	/** The prefixes of a request about to be sent; `earlier` are the hashes after the conversation's earlier messages. */
	observe(
		request: { prefixes: readonly SeenPrefix[]; earlier: readonly string[]; expectedTurns?: number | undefined },
		now: number,
	): void {
		this.#settle(now);
		// the latest that is known: those before it were counted when it came
		const before = request.earlier.findLast((hash) => this.#entries.has(hash));
		const isContinued = before !== undefined && this.#markReused(before, now);
		for (const { hash, section } of request.prefixes) {
			const known = this.#entries.peek(hash);
			const isAgain = this.#markReused(hash, now);
			const isTurn = section === 'messages';
			const state = isTurn && isContinued ? 'continued' : isAgain ? 'again' : 'new';
			const { expectedTurns = 0 } = request;
			this.#entries.set(hash, {
				sighting: this.#addSighting(this.#kind(section, state), now),
				state,
				own: known?.own ?? new ReuseRates(),
				cached: known?.cached ?? null,
				expectedTurns: isTurn && expectedTurns >= 1 ? expectedTurns : null,
			});
		}
	}

	/** The prefix was sent with a breakpoint: from now it is cached. */
	markCached(hash: string, ttl: Ttl, now: number): void {
		const sighting = { seenAt: now, kind: new ReuseRates(), reusedAfterMs: null };
		const unknown: Entry = { sighting, state: 'new', own: new ReuseRates(), cached: null, expectedTurns: null };
		const entry = this.#entries.peek(hash) ?? unknown;
		if (entry === unknown) this.#entries.set(hash, entry);
		entry.cached = { ttl, expiresAt: now + TTL_MS[ttl] };
	}

	#addSighting(kind: ReuseRates, now: number): Sighting {
		const sighting = { seenAt: now, kind, reusedAfterMs: null };
		for (const pending of Object.values(this.#pending)) {
			pending.add(sighting);
			const [oldest] = pending;
			if (pending.size > this.#capacity && oldest !== undefined) pending.delete(oldest);
		}
		return sighting;
	}

	#kind(section: SeenPrefix['section'], state: State): ReuseRates {
		const name = `${section} ${state}`;
		const kind = this.#kinds.get(name) ?? new ReuseRates();
		this.#kinds.set(name, kind);
		return kind;
	}

	/** Counts the first reuse of a sighting. False when the prefix is not known. */
	#markReused(hash: string, now: number): boolean {
		const entry = this.#entries.peek(hash);
		if (entry === undefined) return false;
		const { sighting, own, cached } = entry;
		if (sighting.reusedAfterMs === null) {
			sighting.reusedAfterMs = Math.max(0, now - sighting.seenAt);
			own.add('5m', sighting.reusedAfterMs);
			own.add('1h', sighting.reusedAfterMs);
		}
		if (cached !== null && cached.expiresAt > now) cached.expiresAt = now + TTL_MS[cached.ttl];
		return true;
	}

	/** Counts the sightings whose time is over for their kinds, and forgets prefixes older than any cache. */
	#settle(now: number): void {
		for (const ttl of ['5m', '1h'] as const) {
			for (const sighting of this.#pending[ttl]) {
				if (now - sighting.seenAt <= TTL_MS[ttl]) break;
				sighting.kind.add(ttl, sighting.reusedAfterMs);
				this.#pending[ttl].delete(sighting);
			}
		}
		for (const [hash, { sighting }] of this.#entries) {
			if (now - sighting.seenAt <= TTL_MS['1h']) break;
			this.#entries.delete(hash);
		}
	}
}

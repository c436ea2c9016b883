import { BoundedMap, DAY_MS, hashText } from '../../util/index.ts';
import { fromIsoTime, getNumber, getText, toIsoTime } from './columns.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** What decisions say again and again, each text once. */
export const DECISION_TEXTS: string = `
ALTER TABLE routing_decisions ADD COLUMN evidence BLOB; -- candidates, exclusions, inputs and features, packed; NULL: they stand in their columns

CREATE TABLE IF NOT EXISTS decision_texts (
  -- Texts that routing_decisions.evidence refers to by number: names of models, reasons, constraints.
  id INTEGER NOT NULL PRIMARY KEY, -- never used again: the highest one stays
  hash TEXT NOT NULL UNIQUE, -- of the text, 14 hexadecimal digits
  text TEXT NOT NULL,
  used_until TEXT NOT NULL -- no decision that refers to it is younger; the retention goes by it
) STRICT;
`;

/** Characters of a text at most; longer ones stay in the decision. */
const MAX_TEXT_LENGTH = 2048;
/** Texts kept at most: with as long ones as there may be 16 MiB, with usual ones half a MiB. Beyond it they stay in the decisions. */
const MAX_TEXTS = 8192;
/** Own additions after which the texts are counted again: other processes add some too. */
const ADDITIONS_BETWEEN_COUNTS = 256;
/** Texts that were seen once and are remembered for that. */
const MAX_SEEN = 8192;
/** Decisions older than this say everything themselves: their texts might be dropped while they are written. */
const MAX_WRITE_DELAY_MS = DAY_MS / 2;

/** A text that is in the table. */
interface KnownText {
	id: number;
	/** Epoch milliseconds of the youngest decision that may refer to it without saying so in the table. */
	usedUntil: number;
}

/** What a transaction has found or added; it counts from when the transaction is durable. */
export type AddedTexts = Map<string, KnownText>;

const FIND = 'SELECT id, text, used_until FROM decision_texts WHERE hash = ?';
const ADD = 'INSERT INTO decision_texts (hash, text, used_until) VALUES (?, ?, ?) RETURNING id';
const USE = 'UPDATE decision_texts SET used_until = ? WHERE id = ?';
const COUNT = 'SELECT COUNT(*) AS texts FROM decision_texts';
const READ = 'SELECT text FROM decision_texts WHERE id = ?';

/** The texts of a database that decisions refer to by number. */
export class DecisionTexts {
	readonly #connection: SqliteConnection;
	readonly #now: () => number;
	readonly #known = new BoundedMap<string, KnownText>(MAX_TEXTS);
	readonly #seen = new BoundedMap<string, true>(MAX_SEEN);
	readonly #read = new BoundedMap<number, string>(MAX_TEXTS);
	#count = Number.POSITIVE_INFINITY;
	#additions = ADDITIONS_BETWEEN_COUNTS;

	/** `now`: epoch milliseconds. */
	constructor(connection: SqliteConnection, now: () => number) {
		this.#connection = connection;
		this.#now = now;
	}

	/** Whether a decision of the time may refer to texts. */
	isRecent(at: number): boolean {
		return at >= this.#now() - MAX_WRITE_DELAY_MS;
	}

	/**
	 * The number of a text for a recent decision, 0 where it has none: it is long, new (most are never seen again), or there are too
	 * many. Only inside a write.
	 */
	find(text: string, at: number, added: AddedTexts): number {
		const known = added.get(text) ?? this.#known.peek(text);
		if (known !== undefined && at <= known.usedUntil) return known.id;
		// a lone surrogate would come back as another character
		if (text.length > MAX_TEXT_LENGTH || !text.isWellFormed()) return 0;
		if (known === undefined && !this.#seen.has(text)) {
			this.#seen.set(text, true);
			return 0;
		}
		const found = this.#use(text, at + DAY_MS);
		if (found === null) return 0;
		added.set(text, found);
		return found.id;
	}

	#use(text: string, usedUntil: number): KnownText | null {
		const hash = hashText(text);
		const row = this.#connection.row(FIND, hash);
		if (row === null) return this.#add(text, hash, usedUntil);
		if (getText(row, 'text') !== text) return null;
		const id = getNumber(row, 'id');
		const before = fromIsoTime(getText(row, 'used_until'));
		if (before >= usedUntil) return { id, usedUntil: before };
		this.#connection.run(USE, toIsoTime(usedUntil), id);
		return { id, usedUntil };
	}

	#add(text: string, hash: string, usedUntil: number): KnownText | null {
		if (this.#additions >= ADDITIONS_BETWEEN_COUNTS) {
			this.#count = getNumber(this.#connection.row(COUNT) ?? {}, 'texts');
			this.#additions = 0;
		}
		this.#additions += 1;
		if (this.#count >= MAX_TEXTS) return null;
		this.#count += 1;
		return { id: getNumber(this.#connection.row(ADD, hash, text, toIsoTime(usedUntil)) ?? {}, 'id'), usedUntil };
	}

	/** Remembers what a transaction that is durable now has found or added. */
	keep(added: AddedTexts): void {
		for (const [text, known] of added) {
			this.#known.set(text, known);
			this.#seen.delete(text);
		}
	}

	/** The text of a number; `null` where somebody has removed it. */
	read(id: number): string | null {
		const known = this.#read.peek(id);
		if (known !== undefined) return known;
		const row = this.#connection.row(READ, id);
		if (row === null) return null;
		const text = getText(row, 'text');
		this.#read.set(id, text);
		return text;
	}
}

const DROP_UNUSED = `
DELETE FROM decision_texts WHERE id < (SELECT MAX(id) FROM decision_texts) AND used_until < MIN(
  ?,
  COALESCE((SELECT MIN(created_at) FROM routing_decisions), '9999'),
  COALESCE((SELECT MIN(created_at) FROM archives), '9999'))`;

/** Drops the texts that no decision refers to any more, archived ones included; the last one keeps its number from being given again. Only inside a write. */
export function dropUnusedTexts(connection: SqliteConnection, now: number): void {
	connection.run(DROP_UNUSED, toIsoTime(now - DAY_MS));
}

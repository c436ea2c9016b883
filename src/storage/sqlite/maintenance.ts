import type { Clock, ResetScope } from '../../contracts/index.ts';
import { StorageError } from '../../errors/index.ts';
import { DAY_MS, HOUR_MS } from '../../util/index.ts';
import { getNumber, getText, toIsoTime } from './columns.ts';
import type { Checkpointer } from './create-checkpointer.ts';
import { followJournal, isJournalEmpty, type RefusedRow } from './create-sqlite-cost-ledger.ts';
import { dropUnusedTexts } from './decision-texts.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** When rows age. */
interface MaintenanceOptions {
	clock: Clock;
	retentionDays: number;
	archiveDays: number;
}

/** The housekeeping of an open database. */
interface Maintenance {
	/** Called after each batch; starts the housekeeping in the background when there is something to do. */
	afterWrite(): void;
	/** Resolves when no housekeeping runs. */
	whenIdle(): Promise<void>;
}

/** Writes between two checks for overdue rows. */
const WRITES_BETWEEN_CHECKS = 256;

/** Retention that runs by itself, off the request path. */
export function createMaintenance(connection: SqliteConnection, options: MaintenanceOptions): Maintenance {
	let writes = 0;
	let running: Promise<void> | null = null;
	const run = async (): Promise<void> => {
		try {
			if (hasOverdueRows(connection, options)) await moveOverdueRows(connection, options);
		} catch {
			// Housekeeping that fails (a lock, a full disk) loses nothing: rows stay where they are until the next time,
			// and the next write meets and reports the same trouble itself.
		} finally {
			running = null;
		}
	};
	return {
		afterWrite() {
			// the first write of a process checks, then every so often
			if (writes++ % WRITES_BETWEEN_CHECKS !== 0 || running !== null) return;
			running = run();
		},
		async whenIdle() {
			await running;
		},
	};
}

/** Tables whose rows are archived. The ledger's are not: reports and budgets need them. */
const AGEING_TABLES = ['routing_decisions', 'routing_outcomes', 'fallback_events', 'rate_limit_events', 'attempts'];

const HAS_OVERDUE = `SELECT ${[...AGEING_TABLES, 'evaluation_runs'].map((table) => `EXISTS (SELECT 1 FROM ${table} WHERE created_at < ?) OR `).join('')}
EXISTS (SELECT 1 FROM archives WHERE created_at < ?)
OR EXISTS (SELECT 1 FROM idempotency_answers WHERE expires_at < ?) AS overdue`;

/**
 * True when a row is a whole day over its time (an answer, which may be large and is nobody's history, an hour): so the
 * work is done that often, by whichever process sees it first.
 */
function hasOverdueRows(connection: SqliteConnection, options: MaintenanceOptions): boolean {
	const now = options.clock.now();
	const toBorder = (days: number) => toIsoTime(now - (days + 1) * DAY_MS);
	const ageing = AGEING_TABLES.map(() => toBorder(options.retentionDays));
	const borders = [...ageing, toBorder(options.retentionDays), toBorder(options.archiveDays), toIsoTime(now - HOUR_MS)];
	const row = connection.row(HAS_OVERDUE, ...borders);
	return row !== null && getNumber(row, 'overdue') === 1;
}

async function moveOverdueRows(connection: SqliteConnection, options: MaintenanceOptions): Promise<void> {
	const { archiveDays, clock, retentionDays } = options;
	const now = clock.now();
	await dropExpiredAnswers(connection, now);
	if (Number.isFinite(retentionDays)) await archiveBefore(connection, now - retentionDays * DAY_MS);
	if (Number.isFinite(archiveDays))
		await dropRows(connection, 'archives', 'created_at < ?', now - archiveDays * DAY_MS);
	await connection.write(() => dropUnusedTexts(connection, now));
}

/** Moves rows older than the time into `archives`, a little at a time, and gives the space back; answers how many. */
export async function archiveBefore(connection: SqliteConnection, time: number): Promise<number> {
	const before = toIsoTime(time);
	let moved = 0;
	for (const table of AGEING_TABLES)
		moved += await runInSteps(connection, () => archiveStep(connection, table, before));
	// the rest of a run goes with it
	await dropRows(connection, 'evaluation_runs', 'created_at < ?', time);
	await dropRows(connection, 'reservations', `created_at < ? AND state IN ('settled', 'released')`, time);
	for (const table of ['experiment_requests', 'shadow_comparisons'])
		await dropRows(connection, table, 'created_at < ?', time);
	const ofEnded = 'experiment IN (SELECT name FROM experiments WHERE ending IS NOT NULL)';
	await dropRows(connection, 'experiment_units', `created_at < ? AND ${ofEnded}`, time);
	return moved;
}

/** Deletes answers (and claims) whose time is over; answers how many. */
export function dropExpiredAnswers(connection: SqliteConnection, now: number): Promise<number> {
	return dropRows(connection, 'idempotency_answers', 'expires_at <= ?', now);
}

/** The run last, as the others name it. */
const EVALUATION_TABLE_NAMES = ['evaluation_verdicts', 'evaluation_answers', 'evaluation_runs'];

/** Empties what was decided and learned; budgets and the ledger stay. */
export async function resetTables(connection: SqliteConnection, scope: ResetScope): Promise<void> {
	await connection.write(() => {
		followJournal(connection, Number.POSITIVE_INFINITY);
		const emptied = [
			...AGEING_TABLES,
			'model_performance',
			'experiment_requests',
			'experiment_units',
			...EVALUATION_TABLE_NAMES,
			'shadow_comparisons',
		];
		for (const table of emptied) connection.run(`DELETE FROM ${table}`);
		if (scope === 'all') connection.run('DELETE FROM archives');
	});
	await releaseFreePages(connection);
}

/** Rows moved in one transaction: few enough that nobody waits for it. */
const ROWS_PER_STEP = 500;

/** Repeats short transactions until one finds less than it could take; answers the sum of their rows. */
async function runInSteps(connection: SqliteConnection, step: () => number): Promise<number> {
	let total = 0;
	for (;;) {
		const rows = await connection.write(step);
		total += rows;
		if (rows < ROWS_PER_STEP) return total;
	}
}

function archiveStep(connection: SqliteConnection, table: string, before: string): number {
	const columns = connection.rows('SELECT name, type FROM pragma_table_info(?)', table).map((column) => {
		const name = getText(column, 'name');
		// JSON has no bytes
		return `'${name}', ${getText(column, 'type') === 'BLOB' ? `IIF(${name} IS NULL, NULL, hex(${name}))` : name}`;
	});
	const row = `json_object(${columns.join(', ')})`;
	const oldest = `SELECT rowid FROM ${table} WHERE created_at < ? ORDER BY created_at LIMIT ${ROWS_PER_STEP}`;
	connection.run(
		`INSERT OR REPLACE INTO archives (source_table, id, created_at, row)
		 SELECT '${table}', id, created_at, ${row} FROM ${table} WHERE rowid IN (${oldest})`,
		before,
	);
	return connection.run(`DELETE FROM ${table} WHERE rowid IN (${oldest})`, before);
}

/** Deletes the rows of a condition on a time, a little at a time, and gives the space back; answers how many. */
async function dropRows(connection: SqliteConnection, table: string, condition: string, time: number): Promise<number> {
	const sql = `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${condition} LIMIT ${ROWS_PER_STEP})`;
	const dropped = await runInSteps(connection, () => connection.run(sql, toIsoTime(time)));
	await releaseFreePages(connection);
	return dropped;
}

/** Free pages given back to the file system in one step. */
const PAGES_PER_STEP = 500;

async function releaseFreePages(connection: SqliteConnection): Promise<void> {
	const countFree = () => getNumber(connection.row('PRAGMA freelist_count') ?? {}, 'freelist_count');
	for (let free = countFree(), before = Number.POSITIVE_INFINITY; free > 0 && free < before; ) {
		await connection.runOutsideTransaction(() => connection.rows(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`));
		before = free;
		// a file made without auto_vacuum keeps its free pages and uses them again
		free = countFree();
	}
}

/** Rows moved out of the journal in one transaction: a millisecond or two. */
const ROWS_PER_SLICE = 128;
/** Milliseconds that a row may wait in the journal while the process lives. */
const FOLLOW_DELAY_MS = 800;
/** Milliseconds between two looks for rows that another process left there when it died: one read of an index. */
const LOOK_INTERVAL_MS = 5000;
/** Rows that a table refused and that are skipped; with more of them all are tried again. */
const MAX_REFUSED = 10_000;

/** Rows moved after which the write-ahead log is copied into the file here, so that no write that a request waits for has to. */
const ROWS_PER_CHECKPOINT = 500;
/** Milliseconds between two such copies at least: each flushes to the disk. */
const CHECKPOINT_INTERVAL_MS = 2000;

/** Keeps the tables up with the journal: soon after each charge, and at once for whoever reads them. */
export class JournalFollower {
	readonly #connection: SqliteConnection;
	readonly #clock: Pick<Clock, 'monotonic'>;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#interval: ReturnType<typeof setInterval> | null = null;
	#following: Promise<void> | null = null;
	/** Ids of rows that a table refused. They stay in the journal, and whoever opens the database next tries them again. */
	#refused: string[] = [];
	#hasWarned = false;
	#isClosed = false;
	#movedRows = 0;
	#checkpointAt = Number.NEGATIVE_INFINITY;
	#checkpointer: Promise<Checkpointer> | null = null;
	readonly #hasThread: boolean;

	/** `hasThread`: a thread may open the file too, to copy its log beside the event loop. */
	constructor(
		connection: SqliteConnection,
		{ clock, hasThread }: { clock: Pick<Clock, 'monotonic'>; hasThread: boolean },
	) {
		this.#connection = connection;
		this.#clock = clock;
		this.#hasThread = hasThread;
	}

	/** Looks every few seconds for rows that other processes left, until it is closed. */
	start(): void {
		// nobody else sees what is in memory
		if (this.#connection.path === ':memory:') return;
		this.#interval = setInterval(() => void this.catchUp(), LOOK_INTERVAL_MS);
		this.#interval.unref();
	}

	/** Called after each charge. */
	afterCharge(): void {
		if (this.#timer !== null) return;
		const timer = setTimeout(() => {
			this.#timer = null;
			// what cannot be moved stays where it is, and the next charge, reader or look tries again
			void this.catchUp();
		}, FOLLOW_DELAY_MS);
		// must not keep a finished program alive: `close` moves what is left
		timer.unref();
		this.#timer = timer;
	}

	/**
	 * Moves everything that is in the journal now, a slice at a time, behind the writes that wait. A database that cannot be
	 * written keeps its journal: its tables are read without those rows. Never throws.
	 */
	async catchUp(): Promise<void> {
		try {
			if (this.#following === null && this.#refused.length > MAX_REFUSED) this.#refused = [];
			if (this.#isEmpty()) return;
			this.#following ??= this.#follow().finally(() => {
				this.#following = null;
			});
			await this.#following;
			// a charge that came while the last slice was written
			if (!this.#isEmpty()) await this.#follow();
		} catch (error) {
			// nothing is lost: the rows stay in the journal; a database that cannot be used is reported by who needs it
			if (!(error instanceof StorageError)) this.#warn(error instanceof Error ? error.message : String(error));
		}
	}

	#isEmpty(): boolean {
		return isJournalEmpty(this.#connection, this.#refused);
	}

	#skip(refused: readonly RefusedRow[]): void {
		this.#refused.push(...refused.map(({ id }) => id));
		const [first] = refused;
		if (first === undefined) return;
		const { cause, message } = first.error;
		const reason = cause instanceof Error ? cause.message : message;
		this.#warn(`A table of the database ${this.#connection.path} refuses the charge "${first.id}" (${reason}).`);
	}

	/** Once: what refuses one row usually refuses many. */
	#warn(why: string): void {
		if (this.#hasWarned) return;
		this.#hasWarned = true;
		const advice =
			'Charges that cannot be moved stay in the table request_journal and count against their limits, but are in no report. Remove what refuses them (a trigger of your own, for example), then open the database again.';
		process.emitWarning(`${why} ${advice}`, { code: 'ROUTING_JOURNAL' });
	}

	async #follow(): Promise<void> {
		let rows = ROWS_PER_SLICE;
		while (rows === ROWS_PER_SLICE) {
			const follow = () => followJournal(this.#connection, ROWS_PER_SLICE, this.#refused);
			const followed = await this.#connection.writeBehind(follow);
			rows = followed.rows;
			this.#movedRows += rows - followed.refused.length;
			this.#skip(followed.refused);
		}
		void this.#checkpoint();
	}

	/** Nobody waits for it, and what it does not copy is copied later. */
	async #checkpoint(): Promise<void> {
		const now = this.#clock.monotonic();
		if (this.#movedRows < ROWS_PER_CHECKPOINT || now - this.#checkpointAt < CHECKPOINT_INTERVAL_MS) return;
		[this.#movedRows, this.#checkpointAt] = [0, now];
		try {
			if (this.#hasThread && this.#connection.lostBy === null) {
				// what runs for a while needs it, not every command
				this.#checkpointer ??= import('./create-checkpointer.ts').then(({ createCheckpointer }) =>
					createCheckpointer(this.#connection.path),
				);
				if (await (await this.#checkpointer).run()) return;
			}
			if (!this.#isClosed)
				await this.#connection.runOutsideTransaction(() => this.#connection.rows('PRAGMA wal_checkpoint(PASSIVE)'));
		} catch {
			// SQLite copies the log itself once it is long
		}
	}

	/** Moves what is left. */
	async close(): Promise<void> {
		if (this.#timer !== null) clearTimeout(this.#timer);
		if (this.#interval !== null) clearInterval(this.#interval);
		this.#timer = null;
		this.#interval = null;
		await this.catchUp();
		this.#isClosed = true;
		await this.#checkpointer?.then((checkpointer) => checkpointer.close()).catch(() => {});
	}
}

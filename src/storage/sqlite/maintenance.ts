import type { Clock } from '../../contracts/index.ts';
import { number } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import { archiveBefore, dropArchivesBefore, dropExpiredAnswers } from './retention.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Writes between two looks at whether it is time. */
const WRITES_BETWEEN_CHECKS = 256;

/** When rows age. */
export interface MaintenanceOptions {
	clock: Clock;
	retentionDays: number;
	archiveDays: number;
}

/** The housekeeping of an open database. */
export interface Maintenance {
	/** Told after each batch; starts the housekeeping in the background when there is something to do. */
	afterWrite(): void;
	/** Resolves when no housekeeping runs. */
	finished(): Promise<void>;
}

/**
 * True when a row is a whole day over its time (an answer, which may be large and is nobody's history, an hour): so the
 * work comes about that often, whichever process sees it first.
 */
function hasOverdueRows(connection: SqliteConnection, options: MaintenanceOptions): boolean {
	const now = options.clock.now();
	const overdue = (days: number) => toIsoTime(now - (days + 1) * DAY_MS);
	const row = connection.row(
		`SELECT EXISTS (SELECT 1 FROM routing_decisions WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM routing_outcomes WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM fallback_events WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM rate_limit_events WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM attempts WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM archives WHERE created_at < ?2)
		  OR EXISTS (SELECT 1 FROM idempotency_answers WHERE expires_at < ?3) AS overdue`,
		overdue(options.retentionDays),
		overdue(options.archiveDays),
		toIsoTime(now - HOUR_MS),
	);
	return row !== null && number(row, 'overdue') === 1;
}

async function tidy(connection: SqliteConnection, options: MaintenanceOptions): Promise<void> {
	const now = options.clock.now();
	await dropExpiredAnswers(connection, now);
	if (Number.isFinite(options.retentionDays)) await archiveBefore(connection, now - options.retentionDays * DAY_MS);
	if (Number.isFinite(options.archiveDays)) await dropArchivesBefore(connection, now - options.archiveDays * DAY_MS);
}

/** Retention that runs by itself, off the request path. */
export function createMaintenance(connection: SqliteConnection, options: MaintenanceOptions): Maintenance {
	let writes = 0;
	let running: Promise<void> | null = null;
	const run = async (): Promise<void> => {
		try {
			if (hasOverdueRows(connection, options)) await tidy(connection, options);
		} catch {
			// Housekeeping that fails (a lock, a full disk) harms nobody: rows stay where they are until the next time,
			// and the next write meets and reports the same trouble itself.
		} finally {
			running = null;
		}
	};
	return {
		afterWrite() {
			// the first write of a process looks, then every so often
			if (writes++ % WRITES_BETWEEN_CHECKS !== 0 || running !== null) return;
			running = run();
		},
		async finished() {
			await running;
		},
	};
}

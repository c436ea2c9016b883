/** Default of an id: rows written by hand need none. */
export const NEW_ID = '(lower(hex(randomblob(16))))';

/** Default of a time: now in UTC, as every other time in the database: `2026-11-24T09:30:00.000Z`. */
export const NOW = `(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`;

/** A time a person may have written as `2026-11-24 09:30:00`, in the form of all others. */
export function isoTimeSql(time: string): string {
	return `strftime('%Y-%m-%dT%H:%M:%fZ', ${time})`;
}

/** USD → whole nano-dollars, rounded up so that no charge becomes nothing; NULL stays NULL. */
export function nanoUsdSql(usd: string): string {
	const nano = `round(${usd} * 1e9, 3)`;
	return `(CAST(${nano} AS INTEGER) + (${nano} > CAST(${nano} AS INTEGER)))`;
}

/**
 * A trigger for rows written by hand: brings `created_at` into the common form and fills the exact
 * integer beside each USD column. Rows the product writes are complete, so it does not fire for them.
 */
export function completeRowsTriggerSql(table: string, usdColumns: readonly string[]): string {
	const missing = usdColumns.map((name) => ` OR (NEW.${name}_nano IS NULL AND NEW.${name} IS NOT NULL)`);
	const fill = usdColumns.map((name) => `,\n    ${name}_nano = COALESCE(${name}_nano, ${nanoUsdSql(name)})`);
	return `
CREATE TRIGGER IF NOT EXISTS ${table}_complete AFTER INSERT ON ${table}
WHEN length(NEW.created_at) <> 24${missing.join('')}
BEGIN
  UPDATE ${table} SET
    created_at = ${isoTimeSql('created_at')}${fill.join('')}
  WHERE rowid = NEW.rowid;
END;`;
}

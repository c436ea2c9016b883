/** Writes routing.sql from the migrations, so that the shell and the product make the same database. */
import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { renderRoutingSql } from '../src/storage/sqlite/index.ts';

writeFileSync(new URL('../routing.sql', import.meta.url), renderRoutingSql(new DatabaseSync(':memory:')));

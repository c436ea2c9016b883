import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { createSeededRandom } from '../../src/util/index.ts';

/** Reservations asked for over all processes; 20,000 for the long run. */
const RESERVATIONS = Number(process.env['FLOOD_RESERVATIONS'] ?? 1600);
const PROCESSES = 8;
const AMOUNT = 7;
/** Fits half of what is asked for. */
const LIMIT = (RESERVATIONS / 2) * AMOUNT;
const WRITER = fileURLToPath(new URL('../support/storage-writer.ts', import.meta.url));

interface Flood {
	path: string;
	acknowledged: string[];
	asked: number;
	kills: number;
	running: Set<ChildProcess>;
	chance: () => number;
}

/** One of the eight: begins anew under another name when it is killed, until its share is asked for. */
async function runShare(flood: Flood, share: number, name: string): Promise<void> {
	let [left, life] = [share, 0];
	while (left > 0) {
		const args = [WRITER, flood.path, `flood=${LIMIT}`, `${name}.${life}`, String(left), '0'];
		const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
		flood.running.add(child);
		const reader = createInterface({ input: child.stdout });
		const diesAfter = flood.chance() < 0.6 ? 1 + Math.floor(flood.chance() * left * 0.9) : Number.POSITIVE_INFINITY;
		let rounds = 0;
		reader.on('line', (line) => {
			flood.acknowledged.push(line);
			if (line.startsWith('refused') || line.startsWith('held')) rounds += 1;
			if (rounds === diesAfter && child.kill('SIGKILL')) flood.kills += 1;
		});
		await Promise.all([once(reader, 'close'), once(child, 'exit')]);
		flood.running.delete(child);
		flood.asked += rounds;
		left -= Math.max(1, rounds);
		life += 1;
	}
}

/** Looks at the counters from outside, as long as anybody runs: the most that was ever settled and held together. */
async function watch(flood: Flood, isOver: () => boolean): Promise<number> {
	let most = 0;
	while (!isOver()) {
		try {
			const database = new DatabaseSync(flood.path, { readOnly: true });
			const row = database
				.prepare(
					'SELECT MAX(settled_nano + unknown_nano + reserved_nano) AS most FROM budget_spend WHERE period_key = ?',
				)
				.get('2026-03-10');
			database.close();
			most = Math.max(most, Number(row?.['most'] ?? 0));
		} catch {
			// the first process has not made its tables yet, or holds the file for a moment
		}
		await new Promise((resolve) => {
			setTimeout(resolve, 5);
		});
	}
	return most;
}

it(
	`${PROCESSES} processes, ${RESERVATIONS} reservations against a limit that fits half, killed at random: not a nano-dollar over, nothing acknowledged lost`,
	async () => {
		const folder = await mkdtemp(join(tmpdir(), 'switchyard-flood-'));
		const seed = Date.now() % 1_000_000;
		const flood: Flood = {
			path: join(folder, 'routing.db'),
			acknowledged: [],
			asked: 0,
			kills: 0,
			running: new Set(),
			chance: createSeededRandom(seed),
		};
		try {
			let isOver = false;
			const watched = watch(flood, () => isOver);
			const shares = Array.from({ length: PROCESSES }, (_, index) =>
				runShare(flood, RESERVATIONS / PROCESSES, `p${index}`),
			);
			await Promise.all(shares);
			isOver = true;
			expect(await watched, `seed ${seed}`).toBeLessThanOrEqual(LIMIT);
			await expectNothingLost(flood, seed);
		} finally {
			for (const child of flood.running) child.kill('SIGKILL');
			await rm(folder, { recursive: true });
		}
	},
	60_000 + RESERVATIONS * 20,
);

async function expectNothingLost(flood: Flood, seed: number): Promise<void> {
	const database = new DatabaseSync(flood.path);
	expect(database.prepare('PRAGMA integrity_check').all(), `seed ${seed}`).toEqual([{ integrity_check: 'ok' }]);
	database.close();
	const storage = await openSqliteStorage({ path: flood.path, retentionDays: Number.POSITIVE_INFINITY });
	// which has moved what the dead had charged into the ledger
	const rows = await storage.ledger.entries({ from: 0, to: Number.MAX_SAFE_INTEGER }, RESERVATIONS);
	const kept = new Set(rows.map(({ id }) => id));
	const settled = flood.acknowledged.filter((line) => line.startsWith('settled ')).map((line) => line.slice(8));
	const held = flood.acknowledged.filter((line) => line.startsWith('held ')).map((line) => line.slice(5));
	expect(settled.filter((id) => !kept.has(id))).toEqual([]);
	const before = await storage.budgets.spend('all', '2026-03-10');
	expect(before.settledNanoUsd + before.reservedNanoUsd).toBeLessThanOrEqual(LIMIT);
	await storage.budgets.expire(Date.now() + 3_600_000);
	const after = await storage.budgets.spend('all', '2026-03-10');
	expect(after).toEqual({
		settledNanoUsd: before.settledNanoUsd + before.reservedNanoUsd,
		reservedNanoUsd: 0,
		unknownNanoUsd: before.reservedNanoUsd,
	});
	expect(before.settledNanoUsd).toBe(kept.size * AMOUNT);
	// what nobody ended is listed, so that it can still be settled; of a day and a month the one of which less was leased
	const unsettled = await storage.budgets.unsettled(RESERVATIONS);
	const listed = unsettled.reduce((sum, { amountNanoUsd }) => sum + amountNanoUsd, 0);
	const month = await storage.budgets.spend('all', '2026-03');
	expect(listed > 0).toBe(before.reservedNanoUsd > 0);
	expect(listed).toBeLessThanOrEqual((after.unknownNanoUsd ?? 0) + (month.unknownNanoUsd ?? 0));
	await storage.close();
	expect(flood.acknowledged.some((line) => line.startsWith('refused'))).toBe(true);
	if (RESERVATIONS > 1600) {
		console.info(
			`seed ${seed}: ${flood.asked} asked, ${held.length} held, ${kept.size} settled, ${flood.kills} killed, unknown ${after.unknownNanoUsd}, limit ${LIMIT}`,
		);
	}
}

// One variant in a process of its own: reserve + settle pairs, timed one by one. Prints one line of JSON.
// Arguments: memory | PATH, durability (normal | full), pairs, pairs under way at the same time, name for ids.
import type { RouterStorage } from '../../src/contracts/index.ts';
import { createMemoryStorage } from '../../src/storage/memory/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { charge, hold } from '../storage/samples.ts';

const [where = 'memory', durability = 'normal', pairsText = '10000', concurrencyText = '1', name = 'p'] =
	process.argv.slice(2);
const PAIRS = Number(pairsText);
const CONCURRENCY = Number(concurrencyText);
const NOW = Date.UTC(2026, 10, 24, 12);
const WARM_UP = 500;

async function openStorage(): Promise<RouterStorage> {
	if (where === 'memory') return createMemoryStorage();
	const isFull = durability === 'full';
	return await openSqliteStorage({
		path: where,
		durability: isFull ? 'full' : 'normal',
		busyTimeoutMs: 60_000,
		retentionDays: Number.POSITIVE_INFINITY,
	});
}

const storage = await openStorage();

async function pair(index: number): Promise<void> {
	const held = hold(`${name}-r${index}`, NOW);
	const { granted } = await storage.budgets.reserve(held);
	if (!granted) throw new Error('the bench ran into its own limit');
	await storage.budgets.settle(held, charge(`${name}-s${index}`, NOW));
}

for (let index = 0; index < WARM_UP; index += 1) await pair(-1 - index);
const each = new Float64Array(PAIRS);
let next = 0;
async function runLane(): Promise<void> {
	for (let index = next++; index < PAIRS; index = next++) {
		const before = performance.now();
		await pair(index);
		each[index] = performance.now() - before;
	}
}
const startedAt = Date.now();
const start = performance.now();
await Promise.all(Array.from({ length: CONCURRENCY }, runLane));
const seconds = (performance.now() - start) / 1000;
await storage.close();
each.sort();
const at = (share: number): number => Math.round((each[Math.floor(PAIRS * share)] ?? 0) * 1e5) / 100;
console.log(
	JSON.stringify({ pairs: PAIRS, seconds, startedAt, perSecond: PAIRS / seconds, p50us: at(0.5), p99us: at(0.99) }),
);

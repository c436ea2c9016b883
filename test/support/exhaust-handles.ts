import { closeSync, openSync } from 'node:fs';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { RoutingSystem } from '../../src/system/index.ts';

/** A process that has no file handle left when it opens the database (argument: its path), and has some later. */

const [path = ''] = process.argv.slice(2);
// opened once, so that every module is loaded
await (await openSqliteStorage({ path: `${path}-first` })).close();
const system = new RoutingSystem(undefined, undefined, { openStorage: () => openSqliteStorage({ path }) });
const handles: number[] = [];
try {
	for (;;) handles.push(openSync('/dev/null', 'r'));
} catch {
	// none is left
}
await system.executeWithRouting('Fix bug in payment processing', async () => 'done');
console.log((await system.storageStatus()).kind);
for (const handle of handles) closeSync(handle);
const recovered = new Promise<void>((resolve) => {
	system.onEvent(({ type }) => type === 'storage-recovered' && resolve());
});
const wait = setInterval(() => {}, 1000);
await recovered;
clearInterval(wait);
console.log((await system.storageStatus()).kind);
await system.close();

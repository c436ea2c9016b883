import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Milliseconds of quiet after a change: editors write a file in several steps. */
const QUIET_MS = 150;

/** Calls back some time after a file was changed, made or replaced, until the returned function is called. */
export function watchFile(path: string, onChange: () => void): () => void {
	let timer: NodeJS.Timeout | null = null;
	// The folder, not the file: a file that is replaced by another of its name would be lost from sight.
	const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
		if (name !== null && name !== basename(path)) return;
		if (timer !== null) clearTimeout(timer);
		timer = setTimeout(onChange, QUIET_MS);
		timer.unref();
	});
	// A folder that goes away takes its file with it: there is nothing to watch, and nothing changes any more.
	watcher.on('error', () => watcher.close());
	return () => {
		if (timer !== null) clearTimeout(timer);
		watcher.close();
	};
}

import { type StatsListener, unwatchFile, watchFile } from 'node:fs';

/** Milliseconds between two looks at a file. */
const LOOK_MS = 500;
/** Milliseconds of quiet after a change: editors write a file in several steps. */
const QUIET_MS = 150;

/**
 * Calls back some time after one of the files was changed, made, replaced or removed, until the returned function is
 * called. It looks at the files by their names instead of listening to their folders: a folder need not be there yet, and
 * a mount whose links are exchanged (as a ConfigMap's are) changes nothing that could be heard.
 */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
	let timer: NodeJS.Timeout | null = null;
	const onLook: StatsListener = (now, before) => {
		// Who only read the file changed nothing in it.
		if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) return;
		if (timer !== null) clearTimeout(timer);
		timer = setTimeout(onChange, QUIET_MS);
		timer.unref();
	};
	for (const path of paths) watchFile(path, { persistent: false, interval: LOOK_MS }, onLook);
	return () => {
		if (timer !== null) clearTimeout(timer);
		for (const path of paths) unwatchFile(path, onLook);
	};
}

import { statSync } from 'node:fs';

/** Milliseconds between two looks at a file. */
const LOOK_MS = 500;
/** Milliseconds of quiet after a change: editors write a file in several steps. */
const QUIET_MS = 150;
/** Milliseconds by which a file's time may lie behind the clock's: file systems count in steps. */
const STEP_MS = 20;

/** What tells one state of a file from another; a file that is not there, or cannot be looked at, has a state too. */
function stampOf(path: string): { text: string; changedAt: number } {
	try {
		const stats = statSync(path, { throwIfNoEntry: false });
		if (stats === undefined) return { text: 'none', changedAt: 0 };
		return { text: `${stats.ino} ${stats.size} ${stats.mtimeMs}`, changedAt: stats.mtimeMs };
	} catch (error) {
		// Whoever reads it will say what is wrong with it; here only that it is another state matters.
		return { text: String(error), changedAt: 0 };
	}
}

/**
 * Calls back some time after one of the files was changed, made, replaced or removed, until the returned function is
 * called. It looks at the files by their names instead of listening to their folders: a folder need not be there yet, and
 * a mount whose links are exchanged (as a ConfigMap's are) changes nothing that could be heard. What changed after
 * `since` (epoch milliseconds), when the files were read, counts as changed too.
 */
export function watchFiles(paths: readonly string[], since: number, onChange: () => void): () => void {
	let timer: NodeJS.Timeout | null = null;
	const call = (): void => {
		if (timer !== null) clearTimeout(timer);
		timer = setTimeout(onChange, QUIET_MS);
		timer.unref();
	};
	const stamps = paths.map(stampOf);
	if (stamps.some(({ changedAt }) => changedAt >= since - STEP_MS)) call();
	const look = setInterval(() => {
		for (const [index, path] of paths.entries()) {
			const stamp = stampOf(path);
			if (stamp.text === stamps[index]?.text) continue;
			stamps[index] = stamp;
			call();
		}
	}, LOOK_MS);
	look.unref();
	return () => {
		clearInterval(look);
		if (timer !== null) clearTimeout(timer);
	};
}

import { WriteStream } from 'node:tty';

// Makes the output of a process a terminal: as a preload, `node --import=…/as-terminal.ts?columns=80`. Colours are decided
// by Node's own code, from NO_COLOR, FORCE_COLOR and TERM.

/** What NODE_OPTIONS must hold for a process to write to a terminal so many columns wide. */
export function terminalOption(columns: number): string {
	return `--import=${new URL(`as-terminal.ts?columns=${columns}`, import.meta.url).href}`;
}

const columns = Number(new URL(import.meta.url).searchParams.get('columns') ?? 0);
if (columns > 0) {
	const { getColorDepth, hasColors } = WriteStream.prototype;
	for (const stream of [process.stdout, process.stderr])
		Object.assign(stream, { isTTY: true, columns, getColorDepth, hasColors });
}

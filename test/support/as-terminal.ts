import { WriteStream } from 'node:tty';

// Makes the output of a process a terminal: by `becomeTerminal`, or as a preload, `node --import=…/as-terminal.ts?columns=80`.
// Colours are decided by Node's own code, from NO_COLOR, FORCE_COLOR and TERM.

/** What NODE_OPTIONS must hold for a process to write to a terminal so many columns wide. */
export function terminalOption(columns: number): string {
	return `--import=${new URL(`as-terminal.ts?columns=${columns}`, import.meta.url).href}`;
}

/** Makes the output of this process a terminal, and gives a function that makes it what it was. */
export function becomeTerminal(columns: number): () => void {
	const { getColorDepth, hasColors } = WriteStream.prototype;
	const restores = [process.stdout, process.stderr].map((stream) => {
		const before = {
			isTTY: stream.isTTY,
			columns: stream.columns,
			getColorDepth: stream.getColorDepth,
			hasColors: stream.hasColors,
		};
		Object.assign(stream, { isTTY: true, columns, getColorDepth, hasColors });
		return () => Object.assign(stream, before);
	});
	return () => {
		for (const restore of restores) restore();
	};
}

const columns = Number(new URL(import.meta.url).searchParams.get('columns') ?? 0);
if (columns > 0) becomeTerminal(columns);

import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { isDebugRequested } from '../config/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { exitCodeOf, reportError } from './report-error.ts';

function readVersion(): string {
	const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
	const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
	return isManifest ? String(manifest.version) : 'unknown';
}

/** Parses the command line, runs its command and sets the exit code. */
export async function runCommandLine(): Promise<void> {
	// A reader that has seen enough (`switchyard export | head`) closes the pipe: that is no failure.
	process.stdout.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok);
		throw error;
	});

	try {
		await createProgram(readVersion()).parseAsync();
	} catch (error) {
		if (error instanceof CommanderError) {
			// Commander has printed its message; help and version end well, everything else is wrong usage.
			process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
		} else {
			process.exitCode ||= exitCodeOf(error);
			reportError(error, { isJson: process.argv.includes('--json'), isDebug: isDebugRequested() });
		}
	}
}

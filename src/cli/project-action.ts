import type { Command } from 'commander';
import type { AuditAuthor } from '../contracts/index.ts';
import type { GlobalOptions } from './options.ts';
import type { Session } from './session.ts';

/**
 * The action of a verb that works in the project. Session and engine are loaded when it runs, so that `--help` starts
 * fast.
 */
export function projectAction<Flags extends GlobalOptions, Words extends unknown[]>(
	work: (session: Session, flags: Flags, ...words: Words) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
	return async (...given) => {
		// Commander calls an action with the arguments, the options and the command.
		const command = given.at(-1) as Command;
		const words = given.slice(0, -2) as Words;
		const flags = command.optsWithGlobals<Flags>();
		const { inProject } = await import('./session.ts');
		await inProject(flags, async (session) => await work(session, flags, ...words));
	};
}

/** Whom the audit log names for what is changed here. */
export function createCommandLineAuthor(): AuditAuthor {
	return { by: 'command-line', byName: null, at: Date.now() };
}

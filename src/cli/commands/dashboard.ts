import { type Command, InvalidArgumentError } from 'commander';
import type { ProjectOptions } from '../../project.ts';
import type { GlobalOptions } from '../options.ts';
import type { Session } from '../session.ts';
import { quoteArgument } from '../terminal-text.ts';

interface DashboardFlags extends GlobalOptions {
	port?: number;
}

function parsePort(value: string): number {
	const port = Number(value);
	if (Number.isInteger(port) && port >= 0 && port <= 65_535 && value.trim() !== '') return port;
	throw new InvalidArgumentError(
		`${quoteArgument(value)} is not a port. Write a number from 0 to 65535; 0 is any free one.`,
	);
}

/** Serves the pages over the project's database until it is stopped. */
async function showDashboard({ loaded, output, signal, system }: Session, { port = 0 }: DashboardFlags): Promise<void> {
	const { createGateway, serve } = await import('../../gateway/index.ts');
	const config = { ...loaded.config.gateway, host: '127.0.0.1', port };
	const running = await serve(createGateway(system, { deployments: [], config, isReadOnly: true }));
	const url = `${running.url}/dashboard`;
	output.result({ url, isReadOnly: true }, () =>
		[
			`The dashboard is at ${url} (it reads and changes nothing).`,
			...(config.requireKey ? ['Sign in with a key that has the scope read or admin: `switchyard keys create`.'] : []),
			'Ctrl-C ends it.',
		].join('\n'),
	);
	await new Promise<void>((resolve) => {
		if (signal.aborted) resolve();
		signal.addEventListener('abort', () => resolve(), { once: true });
	});
	await running.close();
}

/** `switchyard dashboard` */
export function dashboardCommand(program: Command): void {
	program
		.command('dashboard')
		.description("show the dashboard over the project's database, without a gateway; it changes nothing")
		.option('--port <port>', 'port on 127.0.0.1; without it any free one', parsePort)
		.addHelpText('after', '\nExamples:\n  switchyard dashboard\n  switchyard dashboard --port 4142')
		.action(async (_: DashboardFlags, self: Command) => {
			const [{ inSession }, { openShownProject }] = await Promise.all([
				import('../session.ts'),
				import('../../project.ts'),
			]);
			const flags = self.optsWithGlobals<DashboardFlags>();
			const open = ({ onWarning, ...options }: ProjectOptions) =>
				// what it says after its first line is of a program that routes
				openShownProject({ ...options, onWarning: (message) => onWarning?.(message.split('\n', 1)[0] ?? '') });
			await inSession(flags, open, (session) => showDashboard(session, flags));
		});
}

import { type Command, InvalidArgumentError } from 'commander';
import type { OpenGateway } from '../../gateway.ts';
import type { GlobalOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { quoteArgument } from '../terminal-text.ts';

/** Flags of `switchyard serve`. */
interface ServeFlags extends GlobalOptions {
	port?: number | undefined;
	host?: string;
	simulate?: boolean;
}

/** A port of the command line. @throws InvalidArgumentError */
export function parsePort(value: string): number {
	const port = Number(value);
	if (/^\d{1,5}$/.test(value) && port <= 65_535) return port;
	throw new InvalidArgumentError(
		`${quoteArgument(value)} is not a port. Write a number from 0 (any free one) to 65535.`,
	);
}

/** `switchyard serve` */
export function serveCommand(program: Command): void {
	program
		.command('serve')
		.description('run the HTTP gateway for OpenAI, Anthropic and Gemini clients')
		.option('--port <number>', 'port in place of gateway.port (4141); 0 takes any free one', parsePort)
		.option('--host <address>', 'address in place of gateway.host (127.0.0.1)')
		.option('--simulate', 'let the simulator answer though there is a provider key')
		.addHelpText(
			'after',
			`
Examples:
  switchyard serve
  OPENAI_BASE_URL=http://127.0.0.1:4141/v1 OPENAI_API_KEY=local node app.js
  ANTHROPIC_BASE_URL=http://127.0.0.1:4141 claude

Without a provider key the built-in simulator answers. Ctrl-C lets running
requests end, then stops.`,
		)
		.action(async (_options: unknown, self: Command) => {
			await withGateway(self.optsWithGlobals<ServeFlags>(), async () => {});
		});
}

function formatUsage({ gateway, isSimulated, url }: OpenGateway): string {
	const { requireKey } = gateway.runtime.config;
	const key = requireKey ? '$SWITCHYARD_KEY' : 'local';
	const models = gateway.deployments.servedModels.length;
	return [
		`Switchyard listens at ${url} (${models} models${isSimulated ? ', simulated' : ''}).`,
		...(requireKey ? ['It requires a key: set SWITCHYARD_KEY to one of "switchyard keys create --name app".'] : []),
		'',
		`  export OPENAI_BASE_URL=${url}/v1 OPENAI_API_KEY=${key}`,
		`  export ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=${key}`,
		`  export GOOGLE_GEMINI_BASE_URL=${url} GEMINI_API_KEY=${key}`,
		'',
		`  curl ${url}/v1/chat/completions \\`,
		`    -H 'content-type: application/json'${requireKey ? ' -H "authorization: Bearer $SWITCHYARD_KEY"' : ''} \\`,
		`    -d '{"model":"auto","messages":[{"role":"user","content":"Fix this bug"}]}'`,
		'',
		'Set these for clients, in another terminal. The model "auto" lets the router\nchoose; a model by name is a fixed choice with fallbacks.',
	].join('\n');
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Resolves with the first signal to stop. The next one is not caught any more and ends the process, as signals do. */
function waitForStopSignal(): Promise<NodeJS.Signals> {
	return new Promise((resolve) => {
		const stop = (signal: NodeJS.Signals) => {
			for (const name of STOP_SIGNALS) process.off(name, stop);
			resolve(signal);
		};
		for (const name of STOP_SIGNALS) process.on(name, stop);
	});
}

/** Opens the gateway, with the simulator behind it where there is no provider, runs `work`, and stops on Ctrl-C or SIGTERM. */
export async function withGateway(
	flags: ServeFlags,
	work: (running: OpenGateway, output: Output) => Promise<void>,
): Promise<void> {
	const stopped = waitForStopSignal();
	const { openGateway } = await import('../../gateway.ts');
	const { createOutput, toProjectOptions } = await import('../session.ts');
	const { SIMULATOR_NOTE, startSimulatedProviders } = await import('../simulated-deployments.ts');
	const output = createOutput(flags);
	const { accesses, close } = await startSimulatedProviders();
	const { host, port, simulate } = flags;
	try {
		const running = await openGateway({
			...toProjectOptions(flags, (message) => output.warn(message)),
			host,
			port,
			simulated: { accesses, when: simulate === true ? 'always' : 'no-provider' },
			onNotice: (message) => output.note(message),
		});
		const onHangUp = () => void running.reload();
		process.on('SIGHUP', onHangUp);
		try {
			if (running.isSimulated) output.note(SIMULATOR_NOTE);
			output.print(formatUsage(running));
			await work(running, output);
			const signal = await stopped;
			const { drainTimeoutMs } = running.gateway.runtime.config;
			output.note(
				`Stopping on ${signal}: requests under way have ${drainTimeoutMs / 1000} s to end. Another signal ends it at once.`,
			);
		} finally {
			process.off('SIGHUP', onHangUp);
			await running.close();
		}
	} finally {
		await close();
	}
}

import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import type { GatewayFleet, OpenGateway } from '../../gateway.ts';
import { SYSTEM_CLOCK } from '../../util/index.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type GlobalOptions, parseAmount } from '../options.ts';
import type { Output } from '../output.ts';
import { quoteArgument } from '../terminal-text.ts';
import type { Channel } from '../workers/messages.ts';

/** Flags of `switchyard serve`. */
interface ServeFlags extends GlobalOptions {
	port?: number | undefined;
	host?: string;
	simulate?: boolean;
	workers?: number;
	shadow?: number;
	shadowBudget?: number;
}

/** A port of the command line. @throws InvalidArgumentError */
export function parsePort(value: string): number {
	const port = Number(value);
	if (/^\d{1,5}$/.test(value) && port <= 65_535) return port;
	throw new InvalidArgumentError(
		`${quoteArgument(value)} is not a port. Write a number from 0 (any free one) to 65535.`,
	);
}

/** More processes than this share no machine. */
const MOST_WORKERS = 256;

/** A number of processes. @throws InvalidArgumentError */
function parseWorkers(value: string): number {
	const count = Number(value);
	if (/^\d{1,3}$/.test(value) && count >= 1 && count <= MOST_WORKERS) return count;
	throw new InvalidArgumentError(
		`${quoteArgument(value)} is no number of workers. Write one from 1 to ${MOST_WORKERS}; this machine has ${availableParallelism()} cores.`,
	);
}

/** A share of the requests: `2%` or `0.02`. @throws InvalidArgumentError */
export function parseShare(value: string): number {
	const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value.trim()) ?? [];
	const share = Number(number) / (percent === '%' ? 100 : 1);
	if (share >= 0 && share <= 1) return share;
	throw new InvalidArgumentError(`${quoteArgument(value)} is no share. Write it as 2% or 0.02, at most 100%.`);
}

/** USD a day: `1` or `1/day`. @throws InvalidArgumentError */
export function parseDailyBudget(value: string): number {
	return parseAmount(value.trim().replace(/\/day$/, ''));
}

/** `switchyard serve` */
export function serveCommand(program: Command): void {
	program
		.command('serve')
		.description('run the HTTP gateway for OpenAI, Anthropic and Gemini clients')
		.option('--port <number>', 'port in place of gateway.port (4141); 0 takes any free one', parsePort)
		.option('--host <address>', 'address in place of gateway.host (127.0.0.1)')
		.option('--workers <number>', 'processes that serve at this address; 1 unless given', parseWorkers)
		.option('--shadow <share>', 'share of requests that gateway.shadow.models are asked too, as 2%', parseShare)
		.option('--shadow-budget <usd>', 'USD a day for it, judge included, as 1/day', parseDailyBudget)
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
			const flags = self.optsWithGlobals<ServeFlags>();
			const { findPrimary } = await import('../workers/index.ts');
			const primary = findPrimary();
			if (primary !== null) return await serveAsWorker(flags, primary);
			const { workers = 1 } = flags;
			await (workers === 1 ? withGateway(flags, async () => {}) : serveByWorkers(flags, workers));
		});
}

function formatUsage({ gateway, isSimulated, url }: OpenGateway): string {
	const { requireKey } = gateway.runtime.config;
	const key = requireKey ? '$SWITCHYARD_KEY' : 'local';
	const models = gateway.deployments.servedModels.length;
	const formatExport = (provider: string, address: string, variable: string): string => {
		const own = gateway.runtime.deployments.filter((deployment) => deployment.provider === provider);
		// a client that is given a key drops the login of its plan, which is all that these are called with
		const isLoginOnly = own.length > 0 && own.every(({ isCallersLogin }) => isCallersLogin === true);
		return `  export ${address}${isLoginOnly ? '' : ` ${variable}=${key}`}`;
	};
	return [
		`Switchyard listens at ${url} (${models} models${isSimulated ? ', simulated' : ''}).`,
		...(requireKey ? ['It requires a key: set SWITCHYARD_KEY to one of "switchyard keys create --name app".'] : []),
		'',
		formatExport('openai', `OPENAI_BASE_URL=${url}/v1`, 'OPENAI_API_KEY'),
		formatExport('anthropic', `ANTHROPIC_BASE_URL=${url}`, 'ANTHROPIC_API_KEY'),
		formatExport('google', `GOOGLE_GEMINI_BASE_URL=${url}`, 'GEMINI_API_KEY'),
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

/** What a gateway tells while it runs, and whom it runs beside. */
interface ServingOptions {
	onNote: (message: string) => void;
	onWarning: (message: string) => void;
	fleet?: GatewayFleet;
}

/** Opens the gateway, with the simulator behind it where there is no provider, runs `work`, and closes it. */
async function whileServing(
	flags: ServeFlags,
	{ fleet, onNote, onWarning }: ServingOptions,
	work: (running: OpenGateway) => Promise<void>,
): Promise<void> {
	const { openGateway } = await import('../../gateway.ts');
	const { toProjectOptions } = await import('../session.ts');
	const { prepareSimulatedProviders, SIMULATOR_NOTE } = await import('../simulated-deployments.ts');
	const { accesses, close } = prepareSimulatedProviders();
	const { host, port, simulate } = flags;
	try {
		const running = await openGateway({
			...toProjectOptions(flags, onWarning),
			host,
			port,
			fleet,
			argumentValues: { gateway: { shadow: readShadowFlags(flags) } },
			simulated: { accesses, when: simulate === true ? 'always' : 'no-provider' },
			onNotice: onNote,
		});
		try {
			if (running.isSimulated) onNote(SIMULATOR_NOTE);
			await work(running);
		} finally {
			await running.close();
		}
	} finally {
		await close();
	}
}

function readShadowFlags({ shadow, shadowBudget }: ServeFlags) {
	return {
		...(shadow !== undefined && { share: shadow }),
		...(shadowBudget !== undefined && { budgetPerDay: shadowBudget }),
	};
}

const formatStop = (signal: NodeJS.Signals, drainTimeoutMs: number): string =>
	`Stopping on ${signal}: requests under way have ${drainTimeoutMs / 1000} s to end. Another signal ends it at once.`;

/** Serves until Ctrl-C or SIGTERM; `work` runs beside it. */
export async function withGateway(
	flags: ServeFlags,
	work: (running: OpenGateway, output: Output) => Promise<void>,
): Promise<void> {
	const stopped = waitForStopSignal();
	const { createOutput } = await import('../session.ts');
	const output = createOutput(flags);
	const options = {
		onNote: (message: string) => output.note(message),
		onWarning: (message: string) => output.warn(message),
	};
	await whileServing(flags, options, async (running) => {
		const onHangUp = () => void running.reload();
		process.on('SIGHUP', onHangUp);
		try {
			output.print(formatUsage(running));
			await work(running, output);
			const signal = await stopped;
			output.note(formatStop(signal, running.gateway.runtime.config.drainTimeoutMs));
		} finally {
			process.off('SIGHUP', onHangUp);
		}
	});
}

/** Starts workers that serve until Ctrl-C or SIGTERM, and does for them what they have to do together. */
async function serveByWorkers(flags: ServeFlags, count: number): Promise<void> {
	const stopped = waitForStopSignal();
	const { Primary, startWorkerProcess } = await import('../workers/index.ts');
	const { createOutput } = await import('../session.ts');
	const output = createOutput(flags);
	const onNote = (message: string): void => output.note(message);
	const cores = availableParallelism();
	if (count > cores) onNote(`This machine has ${cores} cores: more workers than that only take turns.`);
	const primary = new Primary({ count, clock: SYSTEM_CLOCK, start: startWorkerProcess, onNote });
	const { drainTimeoutMs, report } = await primary.start();
	const onHangUp = () => void primary.reload();
	process.on('SIGHUP', onHangUp);
	output.print(report);
	onNote(`${count} workers serve.`);
	onNote(formatStop(await stopped, drainTimeoutMs));
	process.off('SIGHUP', onHangUp);
	primary.stop();
	await primary.ended;
}

/** Serves as one of several workers, until the process that started it says stop or is gone. */
async function serveAsWorker(flags: ServeFlags, channel: Channel): Promise<void> {
	const { WorkerLink } = await import('../workers/index.ts');
	// a terminal sends its signals to all; the process that started this one decides what they mean
	for (const name of [...STOP_SIGNALS, 'SIGHUP'] as const) process.on(name, () => {});
	const link = new WorkerLink(channel);
	const onNote = (message: string): void => link.note(message);
	try {
		await whileServing(flags, { onNote, onWarning: onNote, fleet: link.fleet }, async (running) => {
			link.listening(running, formatUsage(running));
			await link.stopped;
			// told twice to stop: at once
			channel.onEnd(() => process.exit(EXIT_CODES.terminated));
		});
	} catch (error) {
		link.failed(error);
	} finally {
		channel.close();
	}
}

import type { Command } from 'commander';
import { readOverview } from '../../system/index.ts';
import { SECOND_MS } from '../../util/index.ts';
import { FullScreen } from '../full-screen.ts';
import { type GlobalOptions, parseAmount } from '../options.ts';
import { projectAction } from '../project-action.ts';
import type { Session } from '../session.ts';
import { getColumns } from '../terminal-text.ts';
import { formatTop, type TopData } from '../top-screen.ts';

interface TopFlags extends GlobalOptions {
	interval: number;
}

/** Requests that are read: more than a screen holds. */
const MAX_NEWEST = 100;
/** Seconds between two looks: at least, and where none are given. */
const MIN_INTERVAL_S = 0.5;
const INTERVAL_S = 2;
/** Rows where nobody says how many there are. */
const PLAIN_ROWS = 24;

/** Milliseconds that a gateway has to say what is under way. */
const GATEWAY_MS = 500;
const GAUGES = { inFlight: 'switchyard_requests_in_flight', queued: 'switchyard_queue_length' } as const;

/**
 * What the project's gateway has under way, all of its workers together; `null` where none is running at the configured address, it is
 * another project's, or it wants a key.
 */
async function readQueue({ loaded, system }: Pick<Session, 'loaded' | 'system'>): Promise<TopData['queue']> {
	const { host, port } = loaded.config.gateway;
	const name = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
	const address = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
	const ask = async (path: string): Promise<Response> => {
		const answer = await fetch(`${address}${path}`, { signal: AbortSignal.timeout(GATEWAY_MS) });
		if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
		return answer;
	};
	try {
		const status = (await (await ask('/admin/v1/status')).json()) as { storage?: { location?: unknown } };
		if (status.storage?.location !== (await system.storageStatus()).location) return null;
		const metrics = await (await ask('/metrics')).text();
		const read = (gauge: string) => Number(new RegExp(`^${gauge} (\\d+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
		const [inFlight, queued] = [read(GAUGES.inFlight), read(GAUGES.queued)];
		return Number.isNaN(inFlight + queued) ? null : { inFlight, queued };
	} catch {
		// most projects have no gateway that runs, and what is recorded is shown all the same
		return null;
	}
}

async function readTop({ loaded, system }: Pick<Session, 'loaded' | 'system'>): Promise<Omit<TopData, 'problem'>> {
	const queue = readQueue({ loaded, system });
	const storage = await system.flush();
	const { costOptimizer: optimizer } = system;
	const now = Date.now();
	const { endsAt, startsAt } = optimizer.calendar.periodAt('day', now);
	const range = { from: startsAt, to: endsAt };
	return {
		overview: await readOverview({ storage, optimizer, now }, range),
		limits: await system.budgetLimits(),
		newest: await storage.records.search({ range, limit: MAX_NEWEST }),
		queue: await queue,
	};
}

/** Reads and draws until the person has seen enough. What cannot be read is told above the figures of before. */
async function watch(session: Session, intervalMs: number): Promise<void> {
	const { output, signal } = session;
	let data: TopData = { ...(await readTop(session)), problem: null };
	const screen = new FullScreen(signal);
	try {
		for (;;) {
			const { columns, rows } = screen;
			const lines = formatTop(data, { columns, rows, output, isPlain: false });
			screen.draw(lines.map((line) => output.toTerminalText(line)));
			const reason = await screen.wait(intervalMs);
			if (reason === 'quit') return;
			if (reason === 'time')
				data = await readTop(session).then(
					(read) => ({ ...read, problem: null }),
					(error: unknown) => ({ ...data, problem: error instanceof Error ? error.message : String(error) }),
				);
		}
	} finally {
		screen.close();
	}
}

/** `switchyard top` */
export function topCommand(program: Command): void {
	program
		.command('top')
		.description('spending, limits, models and the newest requests of today on one screen, until q')
		.option('--interval <seconds>', `seconds between two looks, from ${MIN_INTERVAL_S}`, parseAmount, INTERVAL_S)
		.addHelpText(
			'after',
			'\nReads the project’s database, whichever processes write to it.\nWhere the output is no terminal, and with --json, it looks once.\n\nExamples:\n  switchyard top\n  switchyard top --interval 10',
		)
		.action(
			projectAction(async (session: Session, { interval }: TopFlags) => {
				const { output } = session;
				if (!output.isJson && process.stdout.isTTY === true)
					return await watch(session, Math.max(MIN_INTERVAL_S, interval) * SECOND_MS);
				const data = await readTop(session);
				const layout = { columns: getColumns(), rows: PLAIN_ROWS, output, isPlain: true };
				output.result(data, () => formatTop({ ...data, problem: null }, layout).join('\n'));
			}),
		);
}

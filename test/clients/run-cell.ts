import { setTimeout as sleep } from 'node:timers/promises';
import { ATTACHMENT, type Cell } from './cells.ts';
import type { ClientDriver, ClientResult, ClientTask } from './client-driver.ts';
import { shorten } from './judges.ts';
import { runLibrary } from './library-process.ts';
import type { PlannedFault } from './provider-script.ts';
import { MODELS, openStage, type Stage, type StageOptions } from './stage.ts';

/** How one cell came out. */
export interface CellOutcome {
	state: 'ok' | 'n/a' | 'failed';
	/** Why, or how it held; empty where there is nothing to say. */
	note: string;
	elapsedMs: number;
}

/** Longest time for one cell, milliseconds. */
const CELL_TIMEOUT_MS = 60_000;

const POLL_MS = 50;
/** Tokens of an answer after which a user leaves: a second of the slow one. */
const SHOWN_TOKENS = 25;

/** The task of one cell. */
export function createTask(
	cell: Pick<Cell, 'scenario' | 'task' | 'hasAttachment' | 'hasPicture'>,
	driver: ClientDriver,
	where: { stage: Stage; home: string; installed: string; signal: AbortSignal },
): ClientTask {
	const { stage, ...rest } = where;
	return {
		prompt: `Please do as agreed. scenario:${cell.scenario}`,
		attachment: cell.hasAttachment === true ? ATTACHMENT : null,
		picture: cell.hasPicture === true ? stage.picture : null,
		isStreamed: false,
		hasTools: false,
		thinks: false,
		delegates: false,
		isDirect: false,
		url: stage.url,
		key: 'local',
		model: MODELS[driver.company],
		folder: stage.folder,
		...rest,
		...cell.task,
	};
}

/** Runs the client by the name of its driver. */
export async function runClient(name: string, driver: ClientDriver, task: ClientTask): Promise<ClientResult> {
	return await (driver.kind === 'program' ? driver.run(task) : runLibrary(name, task));
}

/** Waits until the provider has sent a part of its answer, then leaves. */
async function leaveOnceItBegan(stage: Stage, controller: AbortController): Promise<void> {
	const hasBegun = () => stage.script.calls.some(({ request }) => request.tokensSent > SHOWN_TOKENS);
	for (let polls = 0; polls < CELL_TIMEOUT_MS / POLL_MS && !hasBegun(); polls += 1) await sleep(POLL_MS);
	controller.abort();
}

/** Requests that the client makes of a provider itself that meets it as `cell.direct` says. */
async function countDirectRequests(
	cell: Cell,
	driver: ClientDriver,
	{ home, installed, name }: { home: string; installed: string; name: string },
): Promise<number> {
	const common = { company: driver.company, toolsMarkMainCalls: driver.kind === 'program' };
	const stage = await openStage({ ...common, withoutGateway: true, ...cell.direct });
	try {
		const signal = AbortSignal.timeout(CELL_TIMEOUT_MS);
		await runClient(name, driver, { ...createTask(cell, driver, { stage, home, installed, signal }), isDirect: true });
		return stage.countRequests();
	} finally {
		await stage.close();
	}
}

/** Plays one cell with one client. */
export async function runCell(
	cell: Cell,
	driver: ClientDriver,
	{ home, installed, name }: { home: string; installed: string; name: string },
): Promise<CellOutcome> {
	const reason = driver.cannot[cell.name];
	if (reason !== undefined) return { state: 'n/a', note: reason, elapsedMs: 0 };
	const special: Partial<StageOptions> & { faults?: readonly PlannedFault[] } = cell.stage?.(driver.company) ?? {};
	const stage = await openStage({
		company: driver.company,
		toolsMarkMainCalls: driver.kind === 'program',
		...special,
	});
	const controller = new AbortController();
	const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(CELL_TIMEOUT_MS)]);
	const startedAt = performance.now();
	try {
		const task = createTask(cell, driver, { stage, home, installed, signal });
		const leaving = cell.isCancelled === true ? leaveOnceItBegan(stage, controller) : Promise.resolve();
		const result = await runClient(name, driver, task);
		const elapsedMs = performance.now() - startedAt;
		await leaving;
		if (signal.aborted && cell.isCancelled !== true)
			return {
				state: 'failed',
				note: `not ended after ${CELL_TIMEOUT_MS / 1000} s: ${shorten(result.text)}`,
				elapsedMs,
			};
		const directRequests =
			cell.direct === undefined ? null : await countDirectRequests(cell, driver, { home, installed, name });
		const verdict = await cell.judge({ result, stage, driver, elapsedMs, directRequests });
		if (verdict !== null && !verdict.startsWith('ok')) return { state: 'failed', note: verdict, elapsedMs };
		const refusals = await stage.listRefusals();
		return refusals.length > 0
			? { state: 'failed', note: `the provider refused a request: ${refusals[0]}`, elapsedMs }
			: { state: 'ok', note: verdict?.replace(/^ok:? ?/, '') ?? '', elapsedMs };
	} finally {
		await stage.close();
	}
}

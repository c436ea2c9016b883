import type { ScriptedFault, SimulatedFault } from '../../src/testing.ts';
import { shorten } from './cells.ts';
import type { ClientDriver } from './client-driver.ts';
import { type SessionCount, saveCount } from './report.ts';
import { createTask, runClient } from './run-cell.ts';
import { openStage } from './stage.ts';

/** Share of the provider's calls that fail. */
const FAILURE_RATE = 0.05;
/** `stall`: a stream falls silent and breaks off, late enough that every client has read what came before. */
const FAULTS: readonly SimulatedFault[] = ['500', '503', '529', '429', 'reset', 'stall'];
const SILENCE_MS = 1000;
/** opencode has a text that broke off continued, on a line of its own. */
const ENDED = /FINISHED\s+with\s+4\s+results/;
/**
 * The sentence begins twice: half an answer and a second one are taken for one. Bun to 1.3.13 does that where a kept
 * connection breaks (https://github.com/oven-sh/bun/issues/28706), with the arguments of tools, too.
 */
const JOINED = /FINISHED[^\n]*FINISHED/;
/** Longest time for one session, milliseconds. */
const SESSION_TIMEOUT_MS = 120_000;

/** The same failures for everyone: numbers from 0 to 1 by a linear congruential generator. */
function createDraw(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}

function createFaults(seed: number): () => ScriptedFault | null {
	const draw = createDraw(seed);
	return () => {
		if (draw() >= FAILURE_RATE) return null;
		const fault = FAULTS[Math.floor(draw() * FAULTS.length)] ?? '500';
		return { fault, retryAfterSeconds: 1, forMs: SILENCE_MS };
	};
}

interface SessionOptions {
	home: string;
	installed: string;
	sessions: number;
}

async function endsWell(
	name: string,
	driver: ClientDriver,
	{ home, installed }: SessionOptions,
	{ seed, withoutGateway }: { seed: number; withoutGateway: boolean },
): Promise<boolean> {
	const stage = await openStage({
		company: driver.company,
		toolsMarkMainCalls: driver.kind === 'program',
		withoutGateway,
		drawFault: createFaults(seed),
	});
	try {
		const signal = AbortSignal.timeout(SESSION_TIMEOUT_MS);
		const cell = { scenario: 'tools', task: { isStreamed: true, hasTools: true } } as const;
		const task = createTask(cell, driver, { stage, home, installed, signal });
		const result = await runClient(name, driver, { ...task, isDirect: withoutGateway });
		if (!result.isError && ENDED.test(result.text) && !JOINED.test(result.text)) return true;
		const how = withoutGateway ? 'without the gateway' : 'through the gateway';
		const met = stage.script.calls.map(({ request }) => request.met).filter((fault) => fault !== 'ok');
		console.log(`${driver.title}, session ${seed} ${how} (${met.join(', ')}): ${shorten(result.text)}`);
		return false;
	} finally {
		await stage.close();
	}
}

/**
 * Sessions with tools before a provider of which 5 % of the calls fail: how many end well, with and without the gateway.
 * Both meet the same numbers, and take turns, so that what else the machine does disturbs both.
 */
export async function countSessions(
	name: string,
	driver: ClientDriver,
	options: SessionOptions,
): Promise<SessionCount> {
	const count = { sessions: 0, through: 0, alone: 0 };
	while (count.sessions < options.sessions) {
		const seed = count.sessions + 1;
		if (await endsWell(name, driver, options, { seed, withoutGateway: true })) count.alone += 1;
		if (await endsWell(name, driver, options, { seed, withoutGateway: false })) count.through += 1;
		count.sessions = seed;
		saveCount(name, count); // it takes long: a run that is ended early has counted, too
	}
	return count;
}

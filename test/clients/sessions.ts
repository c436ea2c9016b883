import type { ScriptedFault, SimulatedFault } from '../../src/testing.ts';
import type { ClientDriver } from './client-driver.ts';
import { shorten } from './judges.ts';
import { type SessionCount, type SessionSum, saveCount } from './report.ts';
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

/**
 * The same failures for everyone: numbers from 0 to 1, of which neighbouring seeds share nothing, the first number included
 * (the finalizer of MurmurHash3 over a Weyl sequence, as in SplitMix).
 */
function createDraw(seed: number): () => number {
	let state = Math.imul(seed, 0x85eb_ca6b);
	return () => {
		state = (state + 0x9e37_79b9) | 0;
		let mixed = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
		mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
		return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
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
	/** What an earlier run has counted, to go on with. @default nothing */
	counted?: SessionCount | undefined;
}

/** How one session went. */
interface SessionEnd {
	endsWell: boolean;
	/** What each of the provider's answers met, in their order. */
	met: readonly string[];
}

async function runSession(
	name: string,
	driver: ClientDriver,
	{ home, installed }: SessionOptions,
	{ seed, withoutGateway }: { seed: number; withoutGateway: boolean },
): Promise<SessionEnd> {
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
		const met = stage.script.calls.map(({ request }) => request.met);
		const endsWell = !result.isError && ENDED.test(result.text) && !JOINED.test(result.text);
		const how = withoutGateway ? 'without the gateway' : 'through the gateway';
		if (!endsWell) console.log(`${driver.title}, session ${seed} ${how} (${met.join(', ')}): ${shorten(result.text)}`);
		return { endsWell, met };
	} finally {
		await stage.close();
	}
}

function add(sum: SessionSum, { endsWell, met }: SessionEnd): SessionSum {
	return {
		ended: sum.ended + Number(endsWell),
		faults: sum.faults + met.filter((fault) => fault !== 'ok').length,
		sessionsWithFault: sum.sessionsWithFault + Number(met.some((fault) => fault !== 'ok')),
		sessionsWithFirst: sum.sessionsWithFirst + Number(met.length > 0 && met[0] !== 'ok'),
	};
}

const NOTHING: SessionSum = { ended: 0, faults: 0, sessionsWithFault: 0, sessionsWithFirst: 0 };

/**
 * Sessions with tools before a provider of which 5 % of the calls fail: how many end well, with and without the gateway.
 * Both meet the same numbers, and take turns, so that what else the machine does disturbs both.
 */
export async function countSessions(
	name: string,
	driver: ClientDriver,
	options: SessionOptions,
): Promise<SessionCount> {
	let count = options.counted ?? { sessions: 0, through: NOTHING, alone: NOTHING };
	while (count.sessions < options.sessions) {
		const seed = count.sessions + 1;
		const alone = await runSession(name, driver, options, { seed, withoutGateway: true });
		const through = await runSession(name, driver, options, { seed, withoutGateway: false });
		count = { sessions: seed, through: add(count.through, through), alone: add(count.alone, alone) };
		saveCount(name, count); // it takes long: a run that is ended early has counted, too
	}
	return count;
}

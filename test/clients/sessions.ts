import type { ScriptedFault, SimulatedFault } from '../../src/testing.ts';
import type { ClientDriver } from './client-driver.ts';
import { createTask, runClient } from './run-cell.ts';
import { openStage } from './stage.ts';

/** Share of the provider's calls that fail. */
const FAILURE_RATE = 0.05;
const FAULTS: readonly SimulatedFault[] = ['500', '503', '529', '429', 'reset', 'cut'];
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
		return { fault, retryAfterSeconds: 1 };
	};
}

interface SessionOptions {
	home: string;
	installed: string;
	sessions: number;
}

async function countEnded(
	name: string,
	driver: ClientDriver,
	{ home, installed, sessions }: SessionOptions,
	withoutGateway: boolean,
): Promise<number> {
	let ended = 0;
	for (let session = 0; session < sessions; session += 1) {
		const stage = await openStage({
			company: driver.company,
			toolsMarkMainCalls: driver.kind === 'program',
			withoutGateway,
			drawFault: createFaults(session + 1),
		});
		try {
			const signal = AbortSignal.timeout(SESSION_TIMEOUT_MS);
			const cell = { scenario: 'tools', task: { isStreamed: true, hasTools: true } } as const;
			const result = await runClient(name, driver, createTask(cell, driver, { stage, home, installed, signal }));
			if (!result.isError && result.text.includes('FINISHED with 4 results')) ended += 1;
		} finally {
			await stage.close();
		}
	}
	return ended;
}

/** Sessions with tools before a provider of which 5 % of the calls fail: how many end well, with and without the gateway. */
export async function countSessions(name: string, driver: ClientDriver, options: SessionOptions): Promise<void> {
	const alone = await countEnded(name, driver, options, true);
	const through = await countEnded(name, driver, options, false);
	console.log(
		`${driver.title}: ${through} of ${options.sessions} sessions end through the gateway, ${alone} without it`,
	);
	if (through < alone) process.exitCode = 1;
}

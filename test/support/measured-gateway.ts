import { openGateway } from '../../src/gateway.ts';
import { createRawAccesses } from './raw-accesses.ts';

/** A gateway in a process of its own that measures how long each turn of its event loop takes, in processor time. */

const [, , projectDirectory = '', provider = ''] = process.argv;
const gateway = await openGateway({
	projectDirectory,
	environment: { HOME: projectDirectory },
	port: 0,
	argumentValues: {
		fallback: { enabled: false, maxAttempts: 1 },
		budget: { perRequestLimit: null, dailyLimit: 1e6, monthlyLimit: 1e6 },
	},
	simulated: { accesses: createRawAccesses(provider), when: 'always' },
	watchConfig: false,
	onWarning: () => {},
});

/** Milliseconds of this thread's processor time: no busy machine makes it longer. */
function readCpuMs(): number {
	const { system, user } = process.threadCpuUsage();
	return (system + user) / 1000;
}

/** What a fixed piece of work takes on this machine, milliseconds. */
function measureReference(): number {
	const text = `[${'{"a":1},'.repeat(100_000)}0]`;
	const times = Array.from({ length: 5 }, () => {
		const before = readCpuMs();
		JSON.parse(text);
		return readCpuMs() - before;
	});
	return Math.min(...times);
}

let isMeasuring = false;
let longest = 0;
let last = 0;

function onTurn(): void {
	const now = readCpuMs();
	longest = Math.max(longest, now - last);
	last = now;
	if (isMeasuring) setImmediate(onTurn);
}

process.on('message', (command) => {
	if (command === 'start') {
		[isMeasuring, longest, last] = [true, 0, readCpuMs()];
		setImmediate(onTurn);
		process.send?.({ started: true });
	} else {
		isMeasuring = false;
		process.send?.({ longestTurnMs: longest, referenceMs: measureReference() });
	}
});
process.on('disconnect', () => process.exit());
process.send?.({ port: gateway.port });

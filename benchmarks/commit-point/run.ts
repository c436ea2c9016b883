/**
 * What a stream costs in time to first token when it is held back, and how long it would have to be held to survive the four
 * faults that come after the first token. Gateway, caller and simulated provider are in this process, on loopback.
 * node benchmarks/commit-point/run.ts
 */
import type { SimulatedModel } from '../../src/testing.ts';
import { CANONICAL_ANSWER, FAULTS } from '../../test/support/fault-catalogue.ts';
import type { TestGateway } from '../../test/support/open-scripted-gateway.ts';
import { type CommitMode, openFaultGateway } from '../../test/support/run-fault.ts';

const ROUNDS = 9;
/** The catalogue's speed, and about that of a large model. */
const SPEEDS = [200, 50] as const;
const LATE_FAULTS = ['S08', 'S09', 'S10', 'S14'];

interface Times {
	/** Milliseconds to the first text. */
	first: number;
	/** Milliseconds to the last text. */
	last: number;
}

async function time({ url }: TestGateway): Promise<Times> {
	const startedAt = performance.now();
	const times: Times = { first: Number.NaN, last: Number.NaN };
	const { body } = await fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ model: 'primary', messages: [{ role: 'user', content: 'Explain trust.' }], stream: true }),
	});
	const decoder = new TextDecoder();
	for await (const chunk of body ?? []) {
		if (!decoder.decode(chunk, { stream: true }).includes('"content":"')) continue;
		times.last = performance.now() - startedAt;
		if (Number.isNaN(times.first)) times.first = times.last;
	}
	return times;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function measure(commit: CommitMode, primary: SimulatedModel): Promise<Times> {
	const gateway = await openFaultGateway(commit);
	try {
		// what only the first request of a process pays for
		await time(gateway);
		const all: Times[] = [];
		for (let round = 0; round < ROUNDS; round += 1) {
			gateway.simulator.script({ 'primary-id': primary });
			all.push(await time(gateway));
		}
		return { first: median(all.map(({ first }) => first)), last: median(all.map(({ last }) => last)) };
	} finally {
		await gateway.close();
	}
}

const ms = (value: number) => `${value.toFixed(0).padStart(5)} ms`;

for (const tokensPerSecond of SPEEDS) {
	const well = { text: CANONICAL_ANSWER, tokensPerSecond };
	const [sentOn, held] = [await measure('first-output', well), await measure('whole-answer', well)];
	const words = CANONICAL_ANSWER.split(' ').length;
	process.stdout.write(`An answer of ${words} words at ${tokensPerSecond} tokens a second, median of ${ROUNDS}\n`);
	process.stdout.write(`  first-output   first text after ${ms(sentOn.first)}, last after ${ms(sentOn.last)}\n`);
	process.stdout.write(`  whole-answer   first text after ${ms(held.first)}, last after ${ms(held.last)}\n`);
	for (const { id, primary } of FAULTS.filter((fault) => LATE_FAULTS.includes(fault.id))) {
		const afterTokens = typeof primary.afterwards === 'object' ? (primary.afterwards.afterTokens ?? 0) : 0;
		const hold = (afterTokens / tokensPerSecond) * 1000;
		const share = ((100 * hold) / (sentOn.last - sentOn.first)).toFixed(0);
		process.stdout.write(`  ${id}            ${ms(hold)} of holding survive it, ${share} % of the answer's own time\n`);
	}
}

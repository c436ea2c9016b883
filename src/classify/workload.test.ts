import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Conversation, WORKLOAD_ID } from '../contracts/index.ts';
import { WorkloadReader } from './workload.ts';

let hashed = 0;
const hash = (text: string): string => {
	hashed += 1;
	return createHmac('sha256', 'secret').update(text).digest('hex');
};
const reader = new WorkloadReader(hash);

const PROMPT = 'You are the support agent of Example Shop. Answer questions about orders, returns and refunds.';
const ask = (system: unknown, tools: readonly unknown[] = []): Conversation => ({
	system,
	tools,
	messages: [{ role: 'user', content: 'Where is my order?' }],
});
const CALLER = { key: 'k1', app: 'claude-cli' };

describe('one agent stays one workload, so that what was learned of it counts', () => {
	const agent = (session: string, date: string, version: string) =>
		ask(
			[
				{ type: 'text', text: `x-anthropic-billing-header: cc_version=${version}; cch=${session};` },
				{ type: 'text', text: PROMPT },
				{ type: 'text', text: `Session ${session}. Today is ${date}. Working directory: /home/ann/${session}` },
			],
			[{ name: 'read' }, { name: 'edit' }],
		);

	it('on another day, in another session and folder, and with another version in its billing header', () => {
		const one = reader.identify(agent('5f1a4b3c', 'Monday, November 30, 2026', '2.1.332'), CALLER);
		const other = reader.identify(agent('1b9d6bcd-bbfd-4b2d', 'Tuesday, December 1, 2026', '2.1.340'), CALLER);
		expect(one).toMatch(WORKLOAD_ID);
		expect(other).toBe(one);
	});

	it('whatever it is asked, and in whichever order its tools stand', () => {
		const first = reader.identify(ask(PROMPT, [{ name: 'a' }, { name: 'b' }]), CALLER);
		const second = {
			...ask(PROMPT, [{ name: 'b' }, { name: 'a' }]),
			messages: [{ role: 'user', content: 'And now?' }],
		};
		expect(reader.identify(second, CALLER)).toBe(first);
	});

	it('in the format of any provider', () => {
		const names = ['a', 'b'];
		const openai = {
			messages: [
				{ role: 'system', content: PROMPT },
				{ role: 'user', content: 'Hi' },
			],
			tools: names.map((name) => ({ type: 'function', function: { name } })),
		};
		const gemini = { ...ask(PROMPT, [{ functionDeclarations: names.map((name) => ({ name })) }]) };
		const anthropic = ask(
			[{ type: 'text', text: PROMPT }],
			names.map((name) => ({ name })),
		);
		const ids = [openai, gemini, anthropic].map((task) => reader.identify(task, CALLER));
		expect(new Set(ids).size).toBe(1);
	});
});

describe('what is learned of one workload is not mixed with', () => {
	const base = reader.identify(ask(PROMPT, [{ name: 'read' }]), CALLER);
	it.each([
		['another key', ask(PROMPT, [{ name: 'read' }]), { ...CALLER, key: 'k2' }],
		['another program', ask(PROMPT, [{ name: 'read' }]), { ...CALLER, app: 'opencode' }],
		['another prompt', ask('You write release notes.', [{ name: 'read' }]), CALLER],
		['other tools', ask(PROMPT, [{ name: 'search' }]), CALLER],
		['an agent’s titles', ask(PROMPT, [{ name: 'read' }]), { ...CALLER, requestClass: 'title' as const }],
	])('that of %s', (_what, task, caller) => {
		expect(reader.identify(task, caller)).not.toBe(base);
	});
});

it('a request that shows nothing of whose it is has no workload', () => {
	expect(reader.identify('Fix the login bug', {})).toBeUndefined();
	expect(reader.identify(ask(undefined), {})).toBeUndefined();
	expect(reader.identify('Fix the login bug', { key: 'k1' })).toMatch(WORKLOAD_ID);
});

it('an unchanged prompt is hashed once, and of a prompt of megabytes only the beginning', () => {
	const long = PROMPT + ' word'.repeat(1_000_000);
	const first = reader.identify(ask(long), CALLER);
	const before = hashed;
	const startedAt = performance.now();
	for (let index = 0; index < 200; index += 1) expect(reader.identify(ask(long), CALLER)).toBe(first);
	expect(hashed).toBe(before);
	// hashing it all would take milliseconds each time
	expect((performance.now() - startedAt) / 200).toBeLessThan(1);
	expect(reader.identify(ask(`${PROMPT}${' word'.repeat(1_000_000)} end`), CALLER)).toBe(first);
});

it('the prompt cannot be guessed from the id without the secret', () => {
	const others = new WorkloadReader((text) => createHmac('sha256', 'another').update(text).digest('hex'));
	expect(others.identify(ask(PROMPT), CALLER)).not.toBe(reader.identify(ask(PROMPT), CALLER));
});

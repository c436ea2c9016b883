/**
 * What cache breakpoints save on synthetic work, at the list prices of claude-sonnet-4-5, against none and against breakpoints
 * everywhere. No network: the cache is simulated as Anthropic describes it.
 * node benchmarks/prompt-caching/run.ts
 */
import { replay } from './replay.ts';
import { agentSessions, mixedWork, oneShotTasks, slowConversations, tasksOfOneProduct } from './workloads.ts';

const workloads = [
	['one-shot tasks that share nothing', oneShotTasks()],
	['one-shot tasks under one system prompt', tasksOfOneProduct()],
	['agent sessions', agentSessions()],
	['conversations with pauses of 7 to 30 minutes', slowConversations()],
	['half one-shot, half agents', mixedWork()],
] as const;

const percent = (cost: number, plain: number) => `${((cost / plain - 1) * 100).toFixed(2).padStart(7)} %`;
const usd = (nano: number) => `$${(nano / 1e9).toFixed(3).padStart(7)}`;

for (const [name, requests] of workloads) {
	const { plain, marked, always, markedRequests } = replay(requests);
	process.stdout.write(
		`${name.padEnd(46)} ${String(requests.length).padStart(4)} requests, ${String(markedRequests).padStart(4)} marked: ` +
			`${usd(plain)} → ${usd(marked)} (${percent(marked, plain)}); marks everywhere ${percent(always, plain)}\n`,
	);
}

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ROUTER_CONFIG, ModelRouter, TaskClassifier } from '../../../src/engine.ts';
import {
	CALLER_FORMATS,
	createAnthropicUsageReader,
	createOpenAiChatUsageReader,
	SseParser,
	StreamReader,
} from '../../../src/protocol/index.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/index.ts';
import { measure, type Timing } from '../../decision/measure.ts';
import { charge, hold } from '../../storage/samples.ts';
import { makeBody } from '../measure/request-bodies.ts';
import { type Api, FAST_STREAM } from '../mock/behaviour.ts';
import { StreamAnswers } from '../mock/stream-frames.ts';

/**
 * What the single steps of a request cost in Switchyard, in microseconds.
 * npm run bench:gateway:micro
 * One process, no network; the database is a new file in the system's temporary folder.
 */

const NOW = Date.UTC(2026, 10, 24, 12);
const PAIRS = 5000;

function print(name: string, { p50, p99 }: Timing, per = 1): void {
	const shown = (us: number): string => (us / per).toFixed(2).padStart(9);
	console.log(`${name.padEnd(60)} p50 ${shown(p50)} µs   p99 ${shown(p99)} µs`);
}

function measureBody(api: Api, size: string, bytes: number): void {
	const runs = bytes > 8000 ? 1000 : 5000;
	const body = Buffer.from(makeBody({ api, model: 'auto', bytes, isStream: false }));
	const parse = (): unknown => JSON.parse(body.toString('utf8'));
	print(`${api}, ${size}: JSON.parse of the body`, measure(parse, runs));
	// what makeBody writes
	const { messages } = parse() as { messages: { content: string }[] };
	const asked = messages.at(-1)?.content ?? '';
	const prompts = Array.from({ length: 64 }, (_, index) => `${index} ${asked}`);
	const promptAt = (index: number): string => prompts[index % prompts.length] ?? '';
	const classifier = new TaskClassifier();
	print(
		`${api}, ${size}: classify the last message`,
		measure((index) => classifier.classify(promptAt(index)), runs),
	);
	const router = new ModelRouter({ ...DEFAULT_ROUTER_CONFIG, enableCache: false });
	const descriptors = prompts.map((prompt) => classifier.classify(prompt));
	const decide = (index: number): unknown => {
		const descriptor = descriptors[index % descriptors.length];
		return descriptor === undefined ? undefined : router.route(descriptor);
	};
	print(`${api}, ${size}: decide, not cached`, measure(decide, runs));
}

/** The frames of a stream without their HTTP chunks, each for itself as it comes from a provider. */
function framesOf(api: Api): Buffer[] {
	const { content } = new StreamAnswers(FAST_STREAM).framesOf({ api, model: 'm', isStream: true, wantsUsage: true });
	return content.map((chunk) => chunk.subarray(chunk.indexOf('\r\n') + 2, chunk.length - 2));
}

function measureStream(api: Api): void {
	const frames = framesOf(api);
	const createReader = api === 'openai' ? createOpenAiChatUsageReader : createAnthropicUsageReader;
	const split = (): number => {
		const splitter = new SseParser();
		return frames.reduce((sum, frame) => sum + splitter.push(frame).length, 0);
	};
	const watch = (): unknown => {
		const splitter = new SseParser();
		const reader = createReader();
		for (const frame of frames)
			for (const { data } of splitter.push(frame)) if (data !== null) reader.push(JSON.parse(data));
		return reader;
	};
	const format = CALLER_FORMATS[api === 'openai' ? 'openai-chat' : 'anthropic-messages'];
	const pass = (): unknown => {
		const reader = new StreamReader(() => format.createStreamWatcher({ wantsUsage: true }));
		for (const frame of frames) {
			reader.feed(frame);
			reader.takeRepeated(Number.POSITIVE_INFINITY);
			for (let next = reader.next(); next !== null; next = reader.next()) reader.read(next);
		}
		return reader;
	};
	print(`${api}: split a stream into frames, each`, measure(split, 500), frames.length);
	print(`${api}: split, parse and read usage, each`, measure(watch, 500), frames.length);
	print(`${api}: read as it is passed on, each`, measure(pass, 500), frames.length);
}

async function measureMoney(durability: 'normal' | 'full', path: string): Promise<void> {
	const storage = await openSqliteStorage({ path, durability, retentionDays: Number.POSITIVE_INFINITY });
	const times: number[] = [];
	for (let index = 0; index < PAIRS; index += 1) {
		const held = hold(`r${index}`, NOW);
		const before = performance.now();
		await storage.budgets.reserve(held);
		await storage.budgets.settle(held, charge(`s${index}`, NOW));
		times.push((performance.now() - before) * 1000);
	}
	await storage.close();
	times.sort((a, b) => a - b);
	const at = (share: number): number => times[Math.floor(PAIRS * share)] ?? 0;
	print(`reserve + settle, durability ${durability}, one at a time`, { p50: at(0.5), p99: at(0.99), runs: PAIRS });
}

const [load] = loadavg();
console.log(
	`${cpus()[0]?.model ?? 'unknown CPU'} × ${cpus().length}, Node ${process.version}, load ${load?.toFixed(1)}\n`,
);
for (const api of ['openai', 'anthropic'] as const) {
	measureBody(api, '1 KB', 1024);
	measureBody(api, '100 KB', 102_400);
	measureStream(api);
}
const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
try {
	await measureMoney('normal', join(folder, 'normal.db'));
	await measureMoney('full', join(folder, 'full.db'));
} finally {
	rmSync(folder, { recursive: true });
}

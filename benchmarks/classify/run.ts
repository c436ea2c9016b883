// npm run bench:classify -- [checkout to compare with]: what classifying a task costs, in interleaved rounds. Method: benchmarks/README.md.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measure } from '../decision/measure.ts';
import { promptOf } from '../decision/prompts.ts';

interface Classifies {
	classify(task: unknown): unknown;
}

const ROUNDS = 7;
const KEPT = 64;
const root = join(import.meta.dirname, '..', '..');
const checkouts = [root, ...process.argv.slice(2)].filter((path) => existsSync(join(path, 'src', 'index.ts')));

/** A request of a coding agent of about 100 KB: system prompt, tools, results of tools, a person's words here and there. */
function agentRequest(index: number): unknown {
	const tools = Array.from({ length: 20 }, (_, tool) => ({
		name: `tool${tool}`,
		description: 'Does a thing. '.repeat(40),
	}));
	const messages = Array.from({ length: 40 }, (_, turn) => {
		if (turn % 2 === 1)
			return { role: 'assistant', content: [{ type: 'text', text: `ok ${'did that '.repeat(100)}` }] };
		const result = { type: 'tool_result', tool_use_id: 'x', content: 'const a = 1;\n'.repeat(200) };
		return {
			role: 'user',
			content: turn % 6 === 0 ? [result, { type: 'text', text: promptOf(800, index + turn) }] : [result],
		};
	});
	return { system: 'You are a coding agent. '.repeat(400), tools, messages };
}

/** Sentences without spaces, of which nothing is a word. */
const UNSPACED = {
	Chinese: '请帮我写一个函数来检查电子邮件地址是否有效，并解释它的用法。我们的系统在三年前上线，数据库放在本地机房。',
	Thai: 'เขียนฟังก์ชันที่ตรวจสอบอีเมลและอธิบายวิธีใช้งานให้ผู้เริ่มต้นเข้าใจ ระบบของเราเริ่มใช้งานเมื่อสามปีที่แล้ว ',
} as const;
const unspaced = (text: string): string[] =>
	Array.from({ length: 16 }, (_, index) => `${index} ${text.repeat(30)}`.slice(0, 1024));

const inputs: Readonly<Record<string, readonly unknown[]>> = {
	'1 KB': Array.from({ length: KEPT }, (_, index) => promptOf(1024, index)),
	'100 KB agent request': Array.from({ length: 16 }, (_, index) => agentRequest(index)),
	'1,024 characters of Chinese': unspaced(UNSPACED.Chinese),
	'1,024 characters of Thai': unspaced(UNSPACED.Thai),
	'1 MB': Array.from({ length: 8 }, (_, index) => promptOf(1_048_576, index)),
};
const classifiers: Classifies[] = await Promise.all(
	checkouts.map(async (path) => {
		const { TaskClassifier } = await import(pathToFileURL(join(path, 'src', 'index.ts')).href);
		return new TaskClassifier();
	}),
);
const median = (values: readonly number[]): number =>
	[...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const results: Record<string, { p50: readonly number[]; rounds: readonly (readonly number[])[] }> = {};
for (const [name, tasks] of Object.entries(inputs)) {
	const times = classifiers.map((): number[] => []);
	for (let round = 0; round < ROUNDS; round += 1)
		for (const [at, classifier] of classifiers.entries())
			times[at]?.push(measure((index) => classifier.classify(tasks[index % tasks.length]), 1000).p50);
	results[name] = { p50: times.map(median), rounds: times };
	const [own = Number.NaN, ...others] = times.map(median);
	const compared = others.map((other) => `, ${other.toFixed(1)} µs there (${(other / own).toFixed(1)} times)`).join('');
	console.log(`${name}: p50 ${own.toFixed(1)} µs${compared}`);
}
const folder = join(root, 'benchmarks', 'results');
mkdirSync(folder, { recursive: true });
const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`;
const versions = ['this one', ...process.argv.slice(2).map(() => 'the one to compare with')].slice(0, checkouts.length);
const written = {
	machine,
	at: new Date().toISOString(),
	unit: 'microseconds, median of each round',
	versions,
	results,
};
writeFileSync(join(folder, 'classify.json'), `${JSON.stringify(written, null, '\t')}\n`);

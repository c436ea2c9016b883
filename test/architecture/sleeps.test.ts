import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
/** Milliseconds that all sleeps written in one file may add up to. */
const MAX_SLEEP_MS = 100;

/** `sleep(…)` and `delay(…)` of real time (a test clock's is a method), and what `setTimeout` is given as its time. */
const SLEEPS = [/(?<![.\w])(?:sleep|delay)\(([^,()]+)[,)]/g, /\bsetTimeout\((?:[^;]*?,)?\s*([\w.* +]+?)\)/g];
const NUMBERS = /^[\d_]+(?:\s*[*+]\s*[\d_]+)*$/;

/** Milliseconds of an expression of numbers and of the file's own constants; 0 for what is known only when it runs. */
function toMilliseconds(expression: string, source: string): number {
	const text = expression.trim();
	const named = /^[A-Z_]+$/.test(text) ? new RegExp(`const ${text} = ([^;]+);`).exec(source)?.[1] : text;
	if (named === undefined || !NUMBERS.test(named)) return 0;
	const product = (factors: string) =>
		factors.split('*').reduce((value, factor) => value * Number(factor.replaceAll('_', '')), 1);
	return named.split('+').reduce((sum, term) => sum + product(term), 0);
}

function sumSleeps(source: string): number {
	const expressions = SLEEPS.flatMap((pattern) => [...source.matchAll(pattern)].map(([, time]) => time ?? ''));
	return expressions.reduce((sum, expression) => sum + toMilliseconds(expression, source), 0);
}

it.each([
	['await sleep(1_200);', 1200],
	['await sleep(60 + 3 * 50);', 210],
	['const PAUSE_MS = 4000;\nif (holds > 1) await sleep(PAUSE_MS);', 4000],
	['await sleep(50);\nawait sleep(70);', 120],
	['setTimeout(() => response.destroy(), 300);', 300],
	['await new Promise((resolve) => setTimeout(resolve, 2000));', 2000],
	['await clock.sleep(600);', 0],
	['await sleep(startsAfterMs);', 0],
])('a sleep is found however it is written: %j', (source, expected) => {
	expect(sumSleeps(source)).toBe(expected);
});

it('no test waits by sleeping: a fixed wait is lost time here and too short on a busy machine', () => {
	const files = globSync(['src/**/*.test.ts', 'test/**/*.ts'], { cwd: ROOT });
	const slow = files
		.filter((file) => file !== join('test', 'architecture', 'sleeps.test.ts'))
		.map((file) => ({ file, ms: sumSleeps(readFileSync(join(ROOT, file), 'utf8')) }))
		.filter(({ ms }) => ms > MAX_SLEEP_MS);
	expect(files.length).toBeGreaterThan(100);
	expect(slow, 'use a test clock, an event or `until`').toEqual([]);
});

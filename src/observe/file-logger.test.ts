import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LOG_LEVELS } from '../contracts/index.ts';
import { createFileLogger, type FileLoggerOptions } from './file-logger.ts';

let folder = '';
let path = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'log-'));
	path = join(folder, 'logs', 'routing.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = (more: Partial<FileLoggerOptions> = {}): FileLoggerOptions => ({
	path,
	level: 'info',
	maxBytes: 1_000_000,
	maxFiles: 3,
	clock: { now: () => 0 },
	...more,
});
const linesOf = (file: string): unknown[] =>
	readFileSync(file, 'utf8')
		.trimEnd()
		.split('\n')
		.map((line): unknown => JSON.parse(line));

it('a quiet program leaves no log file behind', async () => {
	const logger = createFileLogger(options());
	logger.debug('below the level');
	await logger.close();
	expect(existsSync(join(folder, 'logs'))).toBe(false);
});

/** Of the file and those that were rotated. */
const allLines = (): unknown[] => {
	const files = readdirSync(join(folder, 'logs')).filter((name) => !name.endsWith('.lock'));
	return files.flatMap((name) => linesOf(join(folder, 'logs', name)));
};

const run = promisify(execFile);
/** A program of its own that logs to the file. */
function writeProgram(body: string): string {
	const program = join(folder, `${randomUUID()}.mjs`);
	writeFileSync(
		program,
		`import { createFileLogger } from ${JSON.stringify(fileURLToPath(new URL('./index.ts', import.meta.url)))};
		const logger = createFileLogger({ path: ${JSON.stringify(path)}, level: 'info', maxBytes: 20000, maxFiles: 100 });
		${body}`,
	);
	return program;
}

it('lines are JSON with time, level and details, in order, also those before pino is loaded', async () => {
	const logger = createFileLogger(options());
	logger.info('first', { model: 'opus' });
	await logger.settled();
	logger.info('third %s', { model: 'haiku' });
	logger.warn('second');
	await logger.close();
	logger.info('after close');
	const head = { time: '1970-01-01T00:00:00.000Z', pid: process.pid };
	expect(linesOf(path)).toEqual([
		{ ...head, level: 'info', message: 'first', details: { model: 'opus' } },
		{ ...head, level: 'info', message: 'third %s', details: { model: 'haiku' } },
		{ ...head, level: 'warn', message: 'second' },
	]);
	expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('secrets and prompts reach the file neither before pino is loaded nor after', async () => {
	const logger = createFileLogger(options());
	for (let index = 0; index < 2; index += 1) {
		logger.error('401 for sk-ant-abcdefgh12345', { apiKey: 'plain-looking', prompt: 'CANARY', long: 'x'.repeat(3000) });
		await logger.settled();
	}
	expect(readFileSync(path, 'utf8')).not.toMatch(/abcdefgh|plain-looking|CANARY|x{2001}/);
	expect(linesOf(path)).toHaveLength(2);
});

it('details that are too long leave their size behind, not half a line of JSON', async () => {
	const logger = createFileLogger(options());
	logger.info('long', { notes: Array.from({ length: 50 }, () => ({ note: 'x'.repeat(1000) })) });
	expect(linesOf(path)).toMatchObject([{ message: 'long', details: expect.stringMatching(/^\[5\d{4} characters\]$/) }]);
	await logger.close();
});

it('a level lets through its own lines and graver ones, and silence is silent', async () => {
	const levels = LOG_LEVELS.map(async (level) => {
		const logger = createFileLogger(options({ level, path: `${path}.${level}` }));
		logger.debug('d');
		logger.info('i');
		await logger.settled();
		logger.warn('w');
		logger.error('e');
		await logger.close();
		return existsSync(`${path}.${level}`) ? linesOf(`${path}.${level}`).map((line) => Object(line).level) : [];
	});
	expect(await Promise.all(levels)).toEqual([
		[],
		['error'],
		['warn', 'error'],
		['info', 'warn', 'error'],
		['debug', 'info', 'warn', 'error'],
	]);
});

it('no line is lost, however the process ends right after it', async () => {
	const ends = ['process.exit(3)', 'throw new Error("crash")', 'process.kill(process.pid, "SIGKILL")'];
	const programs = ends.flatMap((end) =>
		['', 'await logger.settled();'].map((wait) =>
			writeProgram(
				`logger.info('begin'); ${wait} for (let index = 0; index < 100; index += 1) logger.info('line ' + index); ${end}`,
			),
		),
	);
	await Promise.all(programs.map((program) => expect(run(process.execPath, [program])).rejects.toThrow()));
	expect(allLines()).toHaveLength(101 * programs.length);
}, 30_000);

it('a full file is rotated and only the newest are kept', async () => {
	const logger = createFileLogger(options({ maxBytes: 1024, maxFiles: 2 }));
	for (let index = 0; index < 100; index += 1) {
		logger.info(`line ${index}`);
		await logger.settled();
	}
	await logger.close();
	expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['routing.log', 'routing.log.1', 'routing.log.2']);
	const last = ['routing.log.2', 'routing.log.1', 'routing.log'].flatMap((name) => linesOf(join(folder, 'logs', name)));
	expect(last.at(-1)).toMatchObject({ message: 'line 99' });
	expect(last.map((line) => Object(line).message)).toEqual(
		Array.from({ length: last.length }, (_, index) => `line ${100 - last.length + index}`),
	);
});

it('maxFiles 0 keeps only the current file', async () => {
	const logger = createFileLogger(options({ maxBytes: 1024, maxFiles: 0 }));
	for (let index = 0; index < 40; index += 1) {
		logger.info(`line ${index}`);
		await logger.settled();
	}
	await logger.close();
	expect(readdirSync(join(folder, 'logs')).filter((name) => name !== 'routing.log')).toEqual([]);
});

it('a log that cannot be written never breaks the caller, and says so once', async () => {
	mkdirSync(path, { recursive: true });
	const warnings: Error[] = [];
	const listen = (warning: Error) => warnings.push(warning);
	process.on('warning', listen);
	const logger = createFileLogger(options());
	for (let index = 0; index < 3; index += 1) logger.error('lost');
	await logger.close();
	await new Promise((resolve) => setImmediate(resolve));
	process.off('warning', listen);
	expect(warnings.map(({ message }) => message)).toEqual([
		expect.stringContaining(`The log ${path} cannot be written`),
	]);
});

it('details that throw while they are read do not reach the caller', async () => {
	const logger = createFileLogger(options());
	const trap = {
		get boom(): string {
			throw new Error('no');
		},
	};
	expect(() => logger.error('trap', trap)).not.toThrow();
	expect(linesOf(path)).toMatchObject([{ details: '[details could not be read: Error]' }]);
	await logger.close();
});

it('another program rotates the file, as logrotate does: lines go to the new one', async () => {
	const logger = createFileLogger(options({ maxBytes: 1024 }));
	logger.info('before');
	await logger.settled();
	renameSync(path, `${path}.old`);
	logger.info('noticed by this one');
	await logger.settled();
	logger.info('after');
	await logger.close();
	expect(linesOf(path)).toMatchObject([{ message: 'after' }]);
});

it('processes that share a file and rotate it lose no line', async () => {
	const program = writeProgram(`
		for (let index = 0; index < 300; index += 1) {
			logger.info(process.argv[2] + ' ' + index);
			if (index % 7 === 0) await logger.settled();
		}`);
	await Promise.all(['a', 'b', 'c'].map((name) => run(process.execPath, [program, name])));
	const messages = allLines().map((line) => Object(line).message);
	expect(readdirSync(join(folder, 'logs')).length).toBeGreaterThan(2);
	expect(new Set(messages).size).toBe(900);
	expect(messages).toHaveLength(900);
}, 30_000);

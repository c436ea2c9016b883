import { execFile } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
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

it('a quiet program leaves no log file behind', () => {
	const logger = createFileLogger(options());
	logger.debug('below the level');
	logger.close();
	expect(existsSync(join(folder, 'logs'))).toBe(false);
});

it('lines are JSON with time, level and details, in order', () => {
	const logger = createFileLogger(options());
	logger.info('first', { model: 'opus' });
	logger.warn('second');
	logger.close();
	logger.info('after close');
	expect(linesOf(path)).toEqual([
		{ time: '1970-01-01T00:00:00.000Z', level: 'info', pid: process.pid, message: 'first', details: { model: 'opus' } },
		{ time: '1970-01-01T00:00:00.000Z', level: 'warn', pid: process.pid, message: 'second' },
	]);
});

it('a level lets through its own lines and graver ones, and silence is silent', () => {
	const levels = LOG_LEVELS.map((level) => {
		const logger = createFileLogger(options({ level, path: `${path}.${level}` }));
		logger.debug('d');
		logger.info('i');
		logger.warn('w');
		logger.error('e');
		logger.close();
		return existsSync(`${path}.${level}`) ? linesOf(`${path}.${level}`).map((line) => Object(line).level) : [];
	});
	expect(levels).toEqual([
		[],
		['error'],
		['warn', 'error'],
		['info', 'warn', 'error'],
		['debug', 'info', 'warn', 'error'],
	]);
});

it('an error is on disk at once: the process may be dying', () => {
	createFileLogger(options()).error('it broke');
	expect(linesOf(path)).toHaveLength(1);
});

it('a full file is rotated and only the newest are kept', () => {
	const logger = createFileLogger(options({ maxBytes: 1024, maxFiles: 2 }));
	for (let index = 0; index < 100; index += 1) {
		logger.info(`line ${index}`);
		logger.flush();
	}
	logger.close();
	expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['routing.log', 'routing.log.1', 'routing.log.2']);
	const last = ['routing.log.2', 'routing.log.1', 'routing.log'].flatMap((name) => linesOf(join(folder, 'logs', name)));
	expect(last.at(-1)).toMatchObject({ message: 'line 99' });
	expect(last.map((line) => Object(line).message)).toEqual(
		Array.from({ length: last.length }, (_, index) => `line ${100 - last.length + index}`),
	);
});

it('maxFiles 0 keeps only the current file', () => {
	const logger = createFileLogger(options({ maxBytes: 1024, maxFiles: 0 }));
	for (let index = 0; index < 40; index += 1) {
		logger.info(`line ${index}`);
		logger.flush();
	}
	expect(readdirSync(join(folder, 'logs'))).toEqual(['routing.log']);
	logger.close();
});

it('a log that cannot be written never breaks the caller, and says so once', async () => {
	mkdirSync(path, { recursive: true });
	const warnings: Error[] = [];
	const listen = (warning: Error) => warnings.push(warning);
	process.on('warning', listen);
	const logger = createFileLogger(options());
	for (let index = 0; index < 3; index += 1) logger.error('lost');
	logger.close();
	await new Promise((resolve) => setImmediate(resolve));
	process.off('warning', listen);
	expect(warnings.map(({ message }) => message)).toEqual([
		expect.stringContaining(`The log ${path} cannot be written`),
	]);
});

it('details that throw while they are read do not reach the caller', () => {
	const logger = createFileLogger(options());
	const trap = {
		get boom(): string {
			throw new Error('no');
		},
	};
	expect(() => logger.error('trap', trap)).not.toThrow();
	expect(linesOf(path)).toMatchObject([{ details: '[details could not be read: Error]' }]);
});

it('what waits is written when the process ends by itself, and processes that share a file lose no line', async () => {
	const program = join(folder, 'program.mjs');
	const room = fileURLToPath(new URL('./index.ts', import.meta.url));
	writeFileSync(
		program,
		`import { createFileLogger } from ${JSON.stringify(room)};
		const logger = createFileLogger({ path: ${JSON.stringify(path)}, level: 'info', maxBytes: 20000, maxFiles: 100 });
		for (let index = 0; index < 300; index += 1) { logger.info(process.argv[2] + ' ' + index); if (index % 7 === 0) logger.flush(); }`,
	);
	chmodSync(program, 0o600);
	await Promise.all(['a', 'b', 'c'].map((name) => promisify(execFile)(process.execPath, [program, name])));
	const files = readdirSync(join(folder, 'logs'));
	const messages = files.flatMap((name) => linesOf(join(folder, 'logs', name))).map((line) => Object(line).message);
	expect(files.length).toBeGreaterThan(2);
	expect(new Set(messages).size).toBe(900);
	expect(messages).toHaveLength(900);
}, 30_000);

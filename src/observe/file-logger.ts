import type { LoggerOptions, Logger as PinoLogger } from 'pino';
import { type Clock, LOG_LEVELS, type Logger, type LogLevel } from '../contracts/index.ts';
import { escapeLines, SYSTEM_CLOCK } from '../util/index.ts';
import { redactText, redactValue } from './redact.ts';
import { RotatingFile, type RotationOptions } from './rotating-file.ts';

/** Characters of a line's details; longer ones are left out. */
const MAX_DETAILS_LENGTH = 16_000;

type LineLevel = Exclude<LogLevel, 'silent'>;

/** Where and what a file logger writes. */
export interface FileLoggerOptions extends RotationOptions {
	level: LogLevel;
	/** Time of the lines. @default the system's */
	clock?: Pick<Clock, 'now'> | undefined;
	/** Also show every line on standard error. @default false */
	mirrorToStderr?: boolean | undefined;
}

/** A logger with a file behind it. */
export interface FileLogger extends Logger {
	/** Resolves when pino is loaded and no rotation is under way. Lines need no flush: each is written as it is logged. */
	settled(): Promise<void>;
	/** Drops later lines. Idempotent. */
	close(): Promise<void>;
}

/**
 * Logs lines of JSON to a file that is created with the first line and rotated from `maxBytes` on; several processes may
 * share it. Lines hold neither secrets nor prompt text. Never throws: a file that cannot be written is reported once as a
 * process warning.
 */
export function createFileLogger(options: FileLoggerOptions): FileLogger {
	const { clock = SYSTEM_CLOCK, level: threshold, mirrorToStderr, path } = options;
	const warnings = new Set<string>();
	const warn =
		(what: string) =>
		(error: unknown): void => {
			if (warnings.has(what)) return;
			warnings.add(what);
			const reason = error instanceof Error ? error.message : String(error);
			process.emitWarning(`${what} (${reason}). ${ADVICE}`, { code: 'ROUTING_LOG' });
		};
	const file = new RotatingFile(options, warn(`The log ${path} cannot be written`));
	const write = (json: string): void => {
		const line = escapeLines(json);
		if (mirrorToStderr) process.stderr.write(line);
		file.write(line);
	};
	let pino: PinoLogger | null = null;
	let loading: Promise<void> | null = null;
	const load = async (): Promise<void> => {
		pino = (await import('pino')).pino(PINO_OPTIONS, { write });
	};
	const log = (level: LineLevel, message: string, details: unknown): void => {
		if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(threshold)) return;
		const fields = {
			time: new Date(clock.now()).toISOString(),
			...(details !== undefined && { details: toSafeDetails(details) }),
		};
		if (pino === null) {
			// pino loads with the first line: who logs nothing does not load it, and no line waits for it
			loading ??= load().catch(warn('pino cannot be loaded'));
			write(`${JSON.stringify({ level, pid: process.pid, ...fields, message: redactText(message) })}\n`);
		} else pino[level](fields, redactText(message));
	};
	return {
		error: (message, details) => log('error', message, details),
		warn: (message, details) => log('warn', message, details),
		info: (message, details) => log('info', message, details),
		debug: (message, details) => log('debug', message, details),
		async settled() {
			await loading;
			await file.settled();
		},
		close: () => file.close(),
	};
}

const ADVICE = 'Routing goes on without it; set another file with ROUTING_LOG_FILE.';

/** Lines that are filtered, timed and redacted already, as objects of JSON with a word as level. */
const PINO_OPTIONS: LoggerOptions = {
	level: 'debug',
	base: { pid: process.pid },
	timestamp: false,
	messageKey: 'message',
	formatters: { level: (level) => ({ level }) },
};

/** The details without secrets and prompt text; what a getter or proxy throws must not reach the caller of a logger. */
function toSafeDetails(details: unknown): unknown {
	try {
		const safe = redactValue(details);
		const { length } = JSON.stringify(safe) ?? '';
		return length <= MAX_DETAILS_LENGTH ? safe : `[${length} characters]`;
	} catch (error) {
		return `[details could not be read: ${error instanceof Error ? error.name : typeof error}]`;
	}
}

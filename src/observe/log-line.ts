import type { LogLevel } from '../contracts/index.ts';
import { redactText, redactValue } from './redact.ts';

const LONGEST_LINE = 16_000;

/** One thing to be logged. */
export interface LogEntry {
	/** Epoch milliseconds. */
	at: number;
	level: LogLevel;
	message: string;
	details: unknown;
}

function safeDetails(details: unknown): unknown {
	try {
		return redactValue(details);
	} catch (error) {
		// A getter or proxy that throws must not reach the caller of a logger.
		return `[details could not be read: ${error instanceof Error ? error.name : typeof error}]`;
	}
}

/** One line of JSON without its end: time, level, message, details without secrets and prompt text. */
export function formatLogLine(entry: LogEntry): string {
	const head = {
		time: new Date(entry.at).toISOString(),
		level: entry.level,
		pid: process.pid,
		message: redactText(entry.message),
	};
	if (entry.details === undefined) return JSON.stringify(head);
	const line = JSON.stringify({ ...head, details: safeDetails(entry.details) });
	return line.length <= LONGEST_LINE ? line : JSON.stringify({ ...head, details: `[${line.length} characters]` });
}

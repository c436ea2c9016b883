/** The port for log lines; `console` and pino fit as they are. */
export interface Logger {
	error(message: string, details?: unknown): void;
	warn(message: string, details?: unknown): void;
	info(message: string, details?: unknown): void;
	debug(message: string, details?: unknown): void;
}

/** How much is logged, from nothing to everything. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
/** Lines of this level and of the levels before it are logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

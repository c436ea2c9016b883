/** The port for log lines; `console` and pino fit as they are. */
export interface Logger {
	error(message: string, details?: unknown): void;
	warn(message: string, details?: unknown): void;
	info(message: string, details?: unknown): void;
	debug(message: string, details?: unknown): void;
}

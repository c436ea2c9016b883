import type { Logger, LogLevel } from '../contracts/index.ts';
import { isLogged } from './log-level.ts';

/** Takes every line and keeps none. */
export function createSilentLogger(): Logger {
	return { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
}

/** Passes on the lines of a level and of graver ones. */
export function filterLevel(logger: Logger, threshold: LogLevel): Logger {
	return {
		error: (message, details) => isLogged('error', threshold) && logger.error(message, details),
		warn: (message, details) => isLogged('warn', threshold) && logger.warn(message, details),
		info: (message, details) => isLogged('info', threshold) && logger.info(message, details),
		debug: (message, details) => isLogged('debug', threshold) && logger.debug(message, details),
	};
}

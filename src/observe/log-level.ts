import { LOG_LEVELS, type LogLevel } from '../contracts/index.ts';

/** True when lines of a level are wanted at a threshold. */
export function isLogged(level: Exclude<LogLevel, 'silent'>, threshold: LogLevel): boolean {
	return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(threshold);
}

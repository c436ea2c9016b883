/** @module What is said about the work: the log file. */
export { type AlertDelivery, createAlertDelivery } from './deliver-alert.ts';
export { createFileLogger, type FileLogger, type FileLoggerOptions } from './file-logger.ts';
export { createSilentLogger, filterLevel } from './level-filter.ts';
export { redactValue } from './redact.ts';
export type { RotationOptions } from './rotate-file.ts';

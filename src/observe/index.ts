/** @module What is said about the work: the log file. */
export { type AlertDelivery, createAlertDelivery } from './alert-delivery.ts';
export {
	createFileLogger,
	createSilentLogger,
	type FileLogger,
	type FileLoggerOptions,
	filterLevel,
	type RotationOptions,
} from './file-logger.ts';
export { redactValue } from './redact.ts';

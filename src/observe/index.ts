/** @module The log file and the delivery of alerts. */
export { type AlertDelivery, createAlertDelivery } from './alert-delivery.ts';
export { createFileLogger, type FileLogger, type FileLoggerOptions, type RotationOptions } from './file-logger.ts';
export { redactValue } from './redact.ts';

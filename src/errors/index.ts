/** @module Every error this package throws. */

export * from './all-models-failed-error.ts';
export * from './attempt-timeout-error.ts';
export * from './budget-exceeded-error.ts';
export * from './error-codes.ts';
export * from './invalid-config-error.ts';
export * from './invalid-input-error.ts';
export * from './no-eligible-model-error.ts';
export * from './provider-call-error.ts';
export * from './request-aborted-error.ts';
export * from './request-refused-error.ts';
export * from './router-error.ts';
export * from './storage-error.ts';
export * from './stream-interrupted-error.ts';
export * from './unknown-model-error.ts';

/** @module How much a key may ask for, and how much one process takes on at once. */

export { type AcquireOptions, AdmissionQueue, type Permit, type QueueLimits } from './admission-queue.ts';
export { type KeyAdmission, KeyLimiter, type KeyLimiterOptions } from './key-limiter.ts';

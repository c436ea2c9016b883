/** @module How much a key may ask for, and how much one process takes on at once. */

export { AdmissionQueue, type EnterOptions, type Permit, type QueueLimits } from './admission-queue.ts';
export { type KeyAdmission, KeyLimiter, type KeyLimiterOptions } from './key-limiter.ts';

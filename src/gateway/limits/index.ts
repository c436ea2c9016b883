/** @module How much a key may ask for, and how many requests one process takes on. */

export { type AcquireOptions, AdmissionQueue, type Permit, type QueueLimits } from './admission-queue.ts';
export { InFlightRequests } from './in-flight-requests.ts';
export { type KeyAdmission, KeyLimiter, type KeyLimiterOptions } from './key-limiter.ts';

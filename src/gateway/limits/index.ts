/** @module How much a key may ask for, and how many requests one process takes on. */

export { AdmissionQueue, InFlightRequests, type Permit } from './admission-queue.ts';
export { type KeyAdmission, KeyLimiter } from './key-limiter.ts';

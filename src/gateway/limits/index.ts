/** @module How much a key may ask for, and how many requests one process takes on. */

export { AdmissionQueue, type Permit } from './admission-queue.ts';
export { InFlightRequests } from './in-flight-requests.ts';
export { type KeyAdmission, KeyLimiter } from './key-limiter.ts';

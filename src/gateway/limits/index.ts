/** @module How much a key may ask for, and how many requests one process takes on. */

export { AdmissionQueue, InFlightRequests, type Permit } from './admission-queue.ts';
export {
	isUnlimited,
	type KeyAdmission,
	type KeyLimitCounter,
	KeyLimiter,
	type LimitedKey,
	UNLIMITED,
} from './key-limiter.ts';

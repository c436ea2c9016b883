/** @module Every error this package throws. */

export * from './budget-exceeded-error.ts';
export * from './router-errors.ts';

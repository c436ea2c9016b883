/** @module The words everyone shares: types and the closed lists they are made from. */

export * from './budget.ts';
export * from './clock.ts';
export * from './config.ts';
export * from './cost.ts';
export * from './decision.ts';
export * from './deployment.ts';
export * from './events.ts';
export * from './fallback.ts';
export * from './generation.ts';
export * from './keys.ts';
export * from './logger.ts';
export * from './model.ts';
export * from './money.ts';
export * from './outcome.ts';
export * from './statistics.ts';
export * from './storage.ts';
export * from './task.ts';
export * from './usage.ts';
export * from './wire.ts';

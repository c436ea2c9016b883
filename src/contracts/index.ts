/** @module The words everyone shares: types and the closed lists they are made from. */

export * from './administration.ts';
export * from './budget.ts';
export * from './cost.ts';
export * from './dashboard.ts';
export * from './evaluation.ts';
export * from './events.ts';
export * from './execution.ts';
export * from './experiments.ts';
export * from './keys.ts';
export * from './model.ts';
export * from './money.ts';
export * from './ports.ts';
export * from './routing.ts';
export * from './shadow.ts';
export * from './storage.ts';
export * from './task.ts';
export * from './task-types.ts';
export * from './usage.ts';
export * from './wire.ts';

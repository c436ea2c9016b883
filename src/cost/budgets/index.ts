/** @module Budgets: periods and limits, where spending stands against them, and the money reserved for an attempt. */

export * from './budget-calendar.ts';
export * from './budget-config.ts';
export * from './budget-status.ts';
export * from './plan-reservation.ts';

/** @module Test tools: the provider simulator, a clock moved by hand, contract suites for backends. */
export * from './testing/index.ts';

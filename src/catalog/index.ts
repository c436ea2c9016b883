/** @module What is known about models: profiles, prices, and what a usage costs. */
export { assumeModel } from './assumed-model.ts';
export { BUILTIN_MODELS, DEFAULT_MODEL_PROFILES } from './builtin-models.ts';
export * from './model-catalog.ts';
export * from './price-book.ts';
export * from './price-usage.ts';
export { validateModelProfile } from './validate-model-profile.ts';

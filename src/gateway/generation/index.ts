/** @module What each route does. */
export { handleCountTokens } from './count-tokens.ts';
export { handleEmbeddings } from './embeddings.ts';
export { handleFeedback, recordFeedback } from './feedback.ts';
export { type GenerateContext, handleGenerate } from './handle-generate.ts';
export { listModels } from './list-models.ts';

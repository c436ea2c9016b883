/** @module One request, from its parsed body to its settled answer; one handler for each route that callers use. */
export { handleCountTokens } from './count-tokens.ts';
export { handleEmbeddings } from './embeddings.ts';
export { handleFeedback, recordFeedback } from './feedback.ts';
export { handleGenerate } from './handle-generate.ts';
export { listModels } from './list-models.ts';
export type { RequestContext } from './request-context.ts';

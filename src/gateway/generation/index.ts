/** @module One request, from its parsed body to its settled answer; one handler for each route that callers use. */

export { handleFeedback, submitFeedback } from './feedback.ts';
export { handleGenerate } from './generation.ts';
export { handleCountTokens } from './handle-count-tokens.ts';
export { handleEmbeddings } from './handle-embeddings.ts';
export { listModels } from './list-models.ts';
export type { HintedRequest, RequestContext } from './request-context.ts';
export { ShadowEvaluation } from './shadow-evaluation.ts';

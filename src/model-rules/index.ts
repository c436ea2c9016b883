/** @module What each model takes in a request, and requests fitted to it. */

export { asksForThinking, type FitOptions, type FittedRequest, fitRequest } from './fit-request.ts';
export { restoreToolNames, type ToolNames } from './fitting.ts';
export { getModelRules, type ModelRules, type RuledModel } from './model-rules.ts';
export { MIN_RESPONSES_TOKENS } from './openai-rules.ts';

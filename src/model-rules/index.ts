/** @module What each model takes in a request, and requests fitted to it. */

export type { AnthropicRules } from './anthropic-rules.ts';
export { asksForThinking, type FitOptions, type FittedRequest, fitRequest } from './fit-request.ts';
export { restoreToolNames, type ToolNames } from './fitting.ts';
export { type GeminiRules, MAX_GEMINI_STOP_SEQUENCES } from './gemini-rules.ts';
export { getModelRules, type ModelRules, type RuledModel } from './model-rules.ts';
export { FILE_KINDS, getObstacle, IMAGE_TYPES, type RequestFeatures, readFeatures } from './obstacles.ts';
export { MIN_RESPONSES_TOKENS, type OpenAiRules } from './openai-rules.ts';
export { describeRefusal, findRefusedParameter, readRefusals } from './refused-parameters.ts';
export { isStrictSchema } from './tool-schemas.ts';

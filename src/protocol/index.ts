/** @module Callers' and providers' wire formats, without I/O: to and from the neutral form, and what they say of usage. */
export * from './anthropic-messages/index.ts';
export { CALLER_FORMATS, parseForeignFinishReason } from './caller-formats.ts';
export * from './conversation/index.ts';
export * from './gemini/index.ts';
export * from './input-bound/index.ts';
export { joinStream, looksLikeEvents, splitWhole } from './join-stream.ts';
export * from './openai-chat/index.ts';
export * from './openai-responses/index.ts';
export { createUsageReader, readNeutralUsage } from './read-neutral-usage.ts';
export { createEventReader, toReadableAnswer } from './readable-answer.ts';
export { findUsage, type RecognisedUsage, recogniseUsage, type UsageFormat } from './recognise-usage.ts';
export { repairAnswer } from './repair-answer.ts';
export { parseExactJson, parseJson, withoutUndefined } from './shared/body-fields.ts';
export type * from './shared/caller-format.ts';
export { isExactSteps, parseExactSteps, protectNumbers, restoreNumbers } from './shared/exact-json.ts';
export { findFilePath } from './shared/file-places.ts';
export { JsonText, removeJsonMember } from './shared/json-splice.ts';
export { toFinishReason } from './shared/neutral-form.ts';
export { toNeutralUsage } from './shared/neutral-usage.ts';
export { spliceChanges } from './shared/splice-changes.ts';
export {
	endFrame,
	type FrameSummary,
	formatSse,
	isEnded,
	isErrorEvent,
	parseFrameData,
	type SseFrame,
	SseParser,
} from './shared/sse.ts';
export { StreamReader } from './shared/stream-reader.ts';
export { getToolIdRule } from './shared/tool-ids.ts';
export {
	countSealedTokens,
	createMeteredUsage,
	createUsageLimits,
	estimateInterruptedUsage,
	IN_FLIGHT_TOKENS,
	type MeteredTokens,
	type StreamUsageReader,
	settleUsage,
	TOOL_CALL_TOKENS,
	type UsageLimits,
} from './shared/usage.ts';

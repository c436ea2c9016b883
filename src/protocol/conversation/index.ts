/** @module What makes a conversation in the neutral form one that the answering provider accepts, and its answer one that the caller's format does. */

export { AnswerIds } from './answer-ids.ts';
export { type ConversationTarget, fitCall } from './fit-call.ts';
export { hasWebSearch } from './hosted-tools.ts';

/** @module One attempt at one deployment: bytes passed through in the caller's own format, or translated. */
export type { AttemptAnswer, UsageMeter } from '../generation/attempt.ts';
export { createHeaderReader, type ReceivedHeaders } from '../generation/attempt-reader.ts';
export { callDeployment } from '../generation/call-deployment.ts';
export { type FetchAnswerOptions, type FetchedAnswer, fetchAnswer } from '../generation/whole-answer.ts';

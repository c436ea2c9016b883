/** @module One attempt at one deployment: bytes passed through in the caller's own format, or translated. */
export type { AttemptAnswer, AttemptMeter } from './attempt-answer.ts';
export { callDeployment } from './call-deployment.ts';
export { fetchWhole, type WholeAnswer, type WholeCall } from './fetch-whole.ts';
export { headerReader, type ReceivedHeaders } from './header-reader.ts';

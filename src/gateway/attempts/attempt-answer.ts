import type { FinishReason, Usage } from '../../contracts/index.ts';
import type { AnswerHead } from '../stream-sink.ts';

/** An answer that one attempt brought. */
export interface AttemptAnswer {
	usage: Usage;
	finishReason: FinishReason | null;
	/** What the caller's format has no place for. */
	dropped: readonly string[];
	/** The whole answer; `null` when it was streamed. */
	whole: { head: AnswerHead; body: Buffer | string } | null;
}

/** What an attempt under way has used so far; `undefined`: it cannot tell, `null`: nothing that is billed. */
export type AttemptMeter = () => Usage | null | undefined;

/** Output beyond the tokens the money pays for, as a share, at which a provider that ignores its limit is stopped. */
export const OVERRUN: number = 1.5;

/** Characters of output one token stands for, where a provider did not say. */
const CHARACTERS_PER_TOKEN = 4;

/** Output tokens of so many characters, whole. */
export function tokensOfCharacters(characters: number): number {
	return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

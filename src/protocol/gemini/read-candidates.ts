import type { FinishReason } from '../../contracts/index.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { readFinishWord } from './finish-reasons.ts';

const UNSPECIFIED = 'BLOCKED_REASON_UNSPECIFIED';

/** One candidate of an answer or of a piece of one. */
export interface Candidate {
	index: number;
	hasOutput: boolean;
	hasCall: boolean;
	finishReason: FinishReason | null;
}

function saysSomething(part: JsonObject): boolean {
	const { text, thoughtSignature: _signature, thought: _thought, ...rest } = part;
	return (typeof text === 'string' && text !== '') || Object.keys(rest).length > 0;
}

function partsOf(candidate: JsonObject): JsonObject[] {
	return isObject(candidate['content']) ? objectsIn(candidate['content']['parts']) : [];
}

/** What the candidates say. A call for tools is `tool-calls`, as Gemini itself does not tell. */
export function readCandidates(answer: JsonObject): Candidate[] {
	return objectsIn(answer['candidates']).map((candidate) => {
		const parts = partsOf(candidate);
		const reason = readFinishWord(candidate['finishReason']);
		const hasCall = parts.some((part) => isObject(part['functionCall']));
		return {
			index: typeof candidate['index'] === 'number' ? candidate['index'] : 0,
			hasOutput: parts.some(saysSomething),
			hasCall,
			finishReason: reason === 'stop' && hasCall ? 'tool-calls' : reason,
		};
	});
}

/** True when Google refused the prompt itself. */
export function isPromptBlocked(answer: JsonObject): boolean {
	const feedback = answer['promptFeedback'];
	if (!isObject(feedback)) return false;
	const reason = feedback['blockReason'];
	return typeof reason === 'string' && reason !== '' && reason !== UNSPECIFIED;
}

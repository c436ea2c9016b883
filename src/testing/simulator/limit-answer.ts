import {
	type AnswerBlock,
	CHARACTERS_PER_TOKEN,
	piecesOf,
	type SimulatedAnswer,
	tokensOf,
} from './simulated-answer.ts';
import type { SimulatedAsk } from './simulated-ask.ts';

function shorten(block: AnswerBlock, characters: number): AnswerBlock[] {
	// A call whose arguments do not fit is no call; words and thoughts simply stop.
	if (block.type === 'tool-call') return [];
	const text = block.text.slice(0, characters);
	return [{ ...block, text, pieces: piecesOf(text) }];
}

function stopAtSequence(answer: SimulatedAnswer, sequences: readonly string[]): SimulatedAnswer {
	for (const [index, block] of answer.blocks.entries()) {
		if (block.type !== 'text') continue;
		const found = sequences
			.map((sequence) => ({ sequence, at: block.text.indexOf(sequence) }))
			.filter(({ at, sequence }) => at >= 0 && sequence !== '')
			.sort((a, b) => a.at - b.at)[0];
		if (found === undefined) continue;
		const blocks = [...answer.blocks.slice(0, index), ...shorten(block, found.at)];
		const outputTokens = tokensOf(block.text.slice(0, found.at)) * answer.answers;
		return { ...answer, blocks, outputTokens, finish: 'stop-sequence', stopSequence: found.sequence };
	}
	return answer;
}

function stopAtLength(answer: SimulatedAnswer, maxTokens: number): SimulatedAnswer {
	if (answer.outputTokens + answer.reasoningTokens <= maxTokens) return answer;
	const isThoughtShown = answer.blocks.some(({ type }) => type === 'reasoning');
	const left = isThoughtShown ? maxTokens : Math.max(0, maxTokens - answer.reasoningTokens);
	let room = left * CHARACTERS_PER_TOKEN;
	const blocks: AnswerBlock[] = [];
	for (const block of answer.blocks) {
		if (room <= 0) break;
		blocks.push(...(block.text.length <= room ? [block] : shorten(block, room)));
		room -= block.text.length;
	}
	const reasoningTokens = Math.min(answer.reasoningTokens, maxTokens);
	const outputTokens = (maxTokens - reasoningTokens) * answer.answers;
	return { ...answer, blocks, finish: 'length', stopSequence: null, reasoningTokens, outputTokens };
}

/** The answer up to the first stop sequence and the longest that is allowed. */
export function limitAnswer(answer: SimulatedAnswer, ask: SimulatedAsk): SimulatedAnswer {
	const stopped = stopAtSequence(answer, ask.stopSequences);
	return ask.maxTokens === null ? stopped : stopAtLength(stopped, ask.maxTokens);
}

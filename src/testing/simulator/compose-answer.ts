import { createHash } from 'node:crypto';
import { hashText } from '../../util/index.ts';
import { generateJson } from './generate-json.ts';
import type { ScriptedToolCall, SimulatedModel } from './simulator-options.ts';
import {
	type AnswerBlock,
	type AnswerText,
	type Attachment,
	CHARACTERS_PER_TOKEN,
	countTokens,
	type OfferedTool,
	type ParsedRequest,
	type SimulatedAnswer,
	splitWords,
} from './wire-format.ts';

const THOUGHT = 'I weigh what is asked, look at what I know, and decide how to answer.';
/** Characters of a document that are cited. */
const CITED_CHARACTERS = 40;

/** What an answer is made of. */
export interface AnswerRequest {
	model: string;
	ask: ParsedRequest;
	script: SimulatedModel;
	/** All texts of the request. */
	input: string;
}

/** Arguments written behind the tool's name in the prompt, `name({"city":"Rome"})`; else what its schema allows. */
function findArguments(tool: OfferedTool, prompt: string): string {
	const start = prompt.indexOf(`${tool.name}({`);
	const end = start < 0 ? -1 : prompt.indexOf('})', start);
	return end < 0 ? JSON.stringify(generateJson(tool.schema)) : prompt.slice(start + tool.name.length + 1, end + 1);
}

function planToolCalls({ ask, script }: AnswerRequest): ScriptedToolCall[] {
	const { tools, toolChoice, toolResults, prompt, parallel } = ask;
	if (tools.length === 0 || toolChoice === 'none' || toolResults.length > 0) return [];
	const call = (tool: OfferedTool) => ({ name: tool.name, arguments: findArguments(tool, prompt) });
	if (typeof toolChoice === 'object') return tools.filter(({ name }) => name === toolChoice.name).map(call);
	const scripted = script.toolCalls?.filter(({ name }) => tools.some((tool) => tool.name === name));
	const wanted = scripted ?? tools.filter(({ name }) => prompt.includes(name)).map(call);
	const [first] = tools;
	const calls = wanted.length === 0 && toolChoice === 'required' && first !== undefined ? [call(first)] : wanted;
	return parallel ? calls : calls.slice(0, 1);
}

function describe({ mediaType, content }: Attachment): string {
	return typeof content === 'number'
		? `I received ${mediaType ?? 'a file'} of ${content} bytes. `
		: `I was pointed to ${content}. `;
}

function inventText({ model, ask, input }: AnswerRequest): string {
	const asked = input.trim().split('\n').at(-1)?.slice(0, 120) ?? '';
	const seen = ask.attachments.map(describe).join('');
	if (ask.toolResults.length > 0) return `${seen}The tools answered: ${ask.toolResults.join(' | ')}`;
	return (
		`Simulated answer from ${model}: I read ${input.length} characters and was asked "${asked}". ${seen}` +
		'A real model would now think about the request, weigh the options it sees and write its answer here. ' +
		'This text only has the right shape and length, so that routing, costs and failures can be tried without a key.'
	);
}

function chooseText(request: AnswerRequest): string {
	const { ask, script } = request;
	if (script.text === undefined && ask.schema !== null) {
		return JSON.stringify(ask.schema === true ? { answer: inventText(request) } : generateJson(ask.schema));
	}
	const text = script.text ?? inventText(request);
	const begun = ask.prefill?.trimEnd() ?? '';
	return begun !== '' && text.startsWith(begun) ? text.slice(begun.length) : text;
}

function chooseCitations({ ask, script }: AnswerRequest): AnswerText['citations'] {
	if (script.citations !== undefined) return script.citations;
	return ask.documents.map(({ title, text }, documentIndex) => ({
		url: '',
		title,
		text: text.slice(0, CITED_CHARACTERS),
		documentIndex,
	}));
}

function chooseReasoning({ ask, script }: AnswerRequest): string | null {
	return script.reasoning ?? (ask.wantsReasoning ? THOUGHT : null);
}

function createSignature(request: AnswerRequest): string | null {
	const thought = chooseReasoning(request);
	return thought === null ? null : signReasoning(request.model, thought);
}

function createBlocks(request: AnswerRequest): AnswerBlock[] {
	const { ask, script, model } = request;
	const blocks: AnswerBlock[] = [];
	const thought = chooseReasoning(request);
	const signature = createSignature(request);
	const isShown = ask.wantsReasoning || ask.alwaysShowsReasoning;
	if (isShown && thought !== null && signature !== null) {
		blocks.push({ type: 'reasoning', text: thought, pieces: splitWords(thought), signature });
	}
	const calls = planToolCalls(request);
	if (calls.length === 0 || script.text !== undefined) {
		const text = chooseText(request);
		blocks.push({ type: 'text', text, pieces: splitWords(text), citations: chooseCitations(request) });
	}
	for (const [index, call] of calls.entries()) {
		const text = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
		const id = hashText(`${model} ${request.input} ${index}`);
		const pieces = text.match(/.{1,12}/gs) ?? [];
		blocks.push({ type: 'tool-call', text, pieces, id, name: call.name, signature: index === 0 ? signature : null });
	}
	return blocks;
}

/** A plausible answer that depends on the request alone. */
export function composeAnswer(request: AnswerRequest): SimulatedAnswer {
	const { model, ask, script, input } = request;
	const blocks = createBlocks(request);
	const thought = blocks.find((block) => block.type === 'reasoning');
	const reasoningTokens = script.reasoningTokens ?? (thought === undefined ? 0 : countTokens(thought.text));
	const spoken = blocks.map((block) => (block.type === 'reasoning' ? '' : block.text)).join('');
	const whole: SimulatedAnswer = {
		model,
		blocks,
		finish: blocks.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop',
		stopSequence: null,
		answerCount: ask.answerCount,
		includeUsage: ask.includeUsage,
		includeEncrypted: ask.includeEncrypted,
		hidesReasoning: ask.hidesReasoning,
		signature: createSignature(request),
		inputTokens: Math.max(countTokens(input), script.cachedTokens ?? 0),
		cachedTokens: script.cachedTokens ?? 0,
		writtenTokens: { fiveMinutes: 0, hour: 0 },
		outputTokens: countTokens(spoken) * ask.answerCount,
		reasoningTokens,
		id: hashText(`${model}\n${input}`),
	};
	return truncateAnswer(whole, ask);
}

function shorten(block: AnswerBlock, characters: number): AnswerBlock[] {
	// A call whose arguments do not fit is no call; words and thoughts simply stop.
	if (block.type === 'tool-call') return [];
	const text = block.text.slice(0, characters);
	return [{ ...block, text, pieces: splitWords(text) }];
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
		const outputTokens = countTokens(block.text.slice(0, found.at)) * answer.answerCount;
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
	const outputTokens = (maxTokens - reasoningTokens) * answer.answerCount;
	return { ...answer, blocks, finish: 'length', stopSequence: null, reasoningTokens, outputTokens };
}

/** The answer up to the first stop sequence and the longest that is allowed. */
function truncateAnswer(answer: SimulatedAnswer, ask: ParsedRequest): SimulatedAnswer {
	const stopped = stopAtSequence(answer, ask.stopSequences);
	return ask.maxTokens === null ? stopped : stopAtLength(stopped, ask.maxTokens);
}

const PREFIX = 'simulated-signature';

function digest(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

/** What proves that a model has thought a text; holds the text, as encrypted reasoning does. */
function signReasoning(model: string, text: string): string {
	return Buffer.from(`${PREFIX} ${digest(`${model}\n${text}`)} ${text}`).toString('base64');
}

/** Whether a signature is this model's and unchanged; with `text`, also whether it is that of the text. */
export function isSignedBy(model: string, signature: string, text?: string): boolean {
	const signed = Buffer.from(signature, 'base64').toString('utf8');
	const [, proof = '', held = ''] = /^simulated-signature ([0-9a-f]{64}) (.*)$/s.exec(signed) ?? [];
	return proof === digest(`${model}\n${held}`) && (text === undefined || text === held);
}

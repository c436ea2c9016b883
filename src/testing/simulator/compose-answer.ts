import { hashText } from '../../util/index.ts';
import { generateJson } from './generate-json.ts';
import { limitAnswer } from './limit-answer.ts';
import { signReasoning } from './sign-reasoning.ts';
import { type AnswerBlock, piecesOf, type SimulatedAnswer, type TextBlock, tokensOf } from './simulated-answer.ts';
import type { Attachment, OfferedTool, SimulatedAsk } from './simulated-ask.ts';
import type { ScriptedToolCall, SimulatedModel } from './simulator-options.ts';

const THOUGHT = 'I weigh what is asked, look at what I know, and decide how to answer.';
/** Characters of a document that are cited. */
const CITED_CHARACTERS = 40;

/** What an answer is made of. */
export interface AnswerRequest {
	model: string;
	ask: SimulatedAsk;
	script: SimulatedModel;
	/** All texts of the request. */
	input: string;
}

/** Arguments written behind the tool's name in the prompt, `name({"city":"Rome"})`; else what its schema allows. */
function askedArguments(tool: OfferedTool, prompt: string): string {
	const start = prompt.indexOf(`${tool.name}({`);
	const end = start < 0 ? -1 : prompt.indexOf('})', start);
	return end < 0 ? JSON.stringify(generateJson(tool.schema)) : prompt.slice(start + tool.name.length + 1, end + 1);
}

function toolCallsOf({ ask, script }: AnswerRequest): ScriptedToolCall[] {
	const { tools, toolChoice, toolResults, prompt, parallel } = ask;
	if (tools.length === 0 || toolChoice === 'none' || toolResults.length > 0) return [];
	const call = (tool: OfferedTool) => ({ name: tool.name, arguments: askedArguments(tool, prompt) });
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

function madeUp({ model, ask, input }: AnswerRequest): string {
	const asked = input.trim().split('\n').at(-1)?.slice(0, 120) ?? '';
	const seen = ask.attachments.map(describe).join('');
	if (ask.toolResults.length > 0) return `${seen}The tools answered: ${ask.toolResults.join(' | ')}`;
	return (
		`Simulated answer from ${model}: I read ${input.length} characters and was asked "${asked}". ${seen}` +
		'A real model would now think about the request, weigh the options it sees and write its answer here. ' +
		'This text only has the right shape and length, so that routing, costs and failures can be tried without a key.'
	);
}

function wordsOf(request: AnswerRequest): string {
	const { ask, script } = request;
	if (script.text === undefined && ask.schema !== null) {
		return JSON.stringify(ask.schema === true ? { answer: madeUp(request) } : generateJson(ask.schema));
	}
	const text = script.text ?? madeUp(request);
	const begun = ask.prefill?.trimEnd() ?? '';
	return begun !== '' && text.startsWith(begun) ? text.slice(begun.length) : text;
}

function citationsOf({ ask, script }: AnswerRequest): TextBlock['citations'] {
	if (script.citations !== undefined) return script.citations;
	return ask.documents.map(({ title, text }, documentIndex) => ({
		url: '',
		title,
		text: text.slice(0, CITED_CHARACTERS),
		documentIndex,
	}));
}

function thoughtOf({ ask, script }: AnswerRequest): string | null {
	return script.reasoning ?? (ask.wantsReasoning ? THOUGHT : null);
}

function signatureOf(request: AnswerRequest): string | null {
	const thought = thoughtOf(request);
	return thought === null ? null : signReasoning(request.model, thought);
}

function blocksOf(request: AnswerRequest): AnswerBlock[] {
	const { ask, script, model } = request;
	const blocks: AnswerBlock[] = [];
	const thought = thoughtOf(request);
	const signature = signatureOf(request);
	const isShown = ask.wantsReasoning || ask.alwaysShowsReasoning;
	if (isShown && thought !== null && signature !== null) {
		blocks.push({ type: 'reasoning', text: thought, pieces: piecesOf(thought), signature });
	}
	const calls = toolCallsOf(request);
	if (calls.length === 0 || script.text !== undefined) {
		const text = wordsOf(request);
		blocks.push({ type: 'text', text, pieces: piecesOf(text), citations: citationsOf(request) });
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
	const blocks = blocksOf(request);
	const thought = blocks.find((block) => block.type === 'reasoning');
	const reasoningTokens = script.reasoningTokens ?? (thought === undefined ? 0 : tokensOf(thought.text));
	const spoken = blocks.map((block) => (block.type === 'reasoning' ? '' : block.text)).join('');
	const whole: SimulatedAnswer = {
		model,
		blocks,
		finish: blocks.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop',
		stopSequence: null,
		answers: ask.answers,
		includeUsage: ask.includeUsage,
		includeEncrypted: ask.includeEncrypted,
		hidesReasoning: ask.hidesReasoning,
		signature: signatureOf(request),
		inputTokens: Math.max(tokensOf(input), script.cachedTokens ?? 0),
		cachedTokens: script.cachedTokens ?? 0,
		writtenTokens: { fiveMinutes: 0, hour: 0 },
		outputTokens: tokensOf(spoken) * ask.answers,
		reasoningTokens,
		id: hashText(`${model}\n${input}`),
	};
	return limitAnswer(whole, ask);
}

import { createHash } from 'node:crypto';
import type { ServiceTier } from '../../contracts/index.ts';
import { hashText, type JsonObject } from '../../util/index.ts';
import { generateJson } from './generate-json.ts';
import { collectText, toFieldsList, toText } from './json-fields.ts';
import type { ScriptedToolCall, SimulatedModel, SimulatedTokenizer } from './simulator-options.ts';
import {
	type AnswerBlock,
	type AnswerText,
	type Attachment,
	countTokens,
	type OfferedTool,
	type ParsedRequest,
	type SimulatedAnswer,
} from './wire-format.ts';

/** Reasoning where none is scripted. */
const DEFAULT_REASONING = 'I weigh what is asked, look at what I know, and decide how to answer.';
/** Characters of a document that are cited. */
const CITED_CHARACTERS = 40;

/** What an answer is made from. */
interface AnswerSource {
	model: string;
	request: ParsedRequest;
	script: SimulatedModel;
	tokenizer: SimulatedTokenizer;
	/** The request as it came. */
	body: JsonObject;
	/** All text of the request. */
	input: string;
}

/** Tokens where nobody says how they are counted. */
export const DEFAULT_TOKENIZER: SimulatedTokenizer = {
	countText: (text) => countTokens(text),
	countInput: (body) => countTokens(collectText(body)),
};

/** How often the model searches: as scripted, within what the request permits. */
function countSearches({ body, script: { searches = 0 } }: AnswerSource): number {
	const tool = toFieldsList(body['tools']).find((offered) =>
		/search/i.test(`${toText(offered['type'])} ${Object.keys(offered).join(' ')}`),
	);
	return tool === undefined ? 0 : Math.min(searches, Number(tool['max_uses'] ?? searches));
}

/** The service that is billed: the one asked for, or else as scripted. */
function chooseServiceTier({ body, script }: AnswerSource): ServiceTier {
	const asked = toText(body['service_tier']);
	if (asked === 'priority' || asked === 'flex') return asked;
	return /^(?:default|standard)/.test(asked) ? 'standard' : (script.serviceTier ?? 'standard');
}

/** Arguments written behind the tool's name in the prompt, `name({"city":"Rome"})`; else what its schema allows. */
function findArguments(tool: OfferedTool, prompt: string): string {
	const start = prompt.indexOf(`${tool.name}({`);
	const end = start < 0 ? -1 : prompt.indexOf('})', start);
	return end < 0 ? JSON.stringify(generateJson(tool.schema)) : prompt.slice(start + tool.name.length + 1, end + 1);
}

function planToolCalls({ request, script }: AnswerSource): ScriptedToolCall[] {
	const { tools, toolChoice, toolResults, prompt, parallel } = request;
	const isAnswered = toolResults.length > 0 && script.callsAfterResults !== true;
	if (tools.length === 0 || toolChoice === 'none' || isAnswered) return [];
	const call = (tool: OfferedTool) => ({ name: tool.name, arguments: findArguments(tool, prompt) });
	if (typeof toolChoice === 'object') return tools.filter(({ name }) => name === toolChoice.name).map(call);
	const scripted = script.toolCalls?.filter(({ name }) => tools.some((tool) => tool.name === name));
	const chosen = scripted ?? tools.filter(({ name }) => prompt.includes(name)).map(call);
	const [first] = tools;
	const calls = chosen.length === 0 && toolChoice === 'required' && first !== undefined ? [call(first)] : chosen;
	return parallel ? calls : calls.slice(0, 1);
}

function describeAttachment({ mediaType, content }: Attachment): string {
	return typeof content === 'number'
		? `I received ${mediaType ?? 'a file'} of ${content} bytes. `
		: `I was pointed to ${content}. `;
}

function inventText({ model, request, input }: AnswerSource): string {
	const question = input.trim().split('\n').at(-1)?.slice(0, 120) ?? '';
	const files = request.attachments.map(describeAttachment).join('');
	if (request.toolResults.length > 0) return `${files}The tools answered: ${request.toolResults.join(' | ')}`;
	return (
		`Simulated answer from ${model}: I read ${input.length} characters and was asked "${question}". ${files}` +
		'A real model would now think about the request, weigh the options it sees and write its answer here. ' +
		'This text only has the right shape and length, so that routing, costs and failures can be tried without a key.'
	);
}

function chooseText(source: AnswerSource): string {
	const { request, script } = source;
	if (script.text === undefined && request.schema !== null) {
		return JSON.stringify(request.schema === true ? { answer: inventText(source) } : generateJson(request.schema));
	}
	const text = script.text ?? inventText(source);
	const prefill = request.prefill?.trimEnd() ?? '';
	return prefill !== '' && text.startsWith(prefill) ? text.slice(prefill.length) : text;
}

function chooseCitations({ request, script }: AnswerSource): AnswerText['citations'] {
	if (script.citations !== undefined) return script.citations;
	return request.documents.map(({ title, text }, documentIndex) => ({
		url: '',
		title,
		text: text.slice(0, CITED_CHARACTERS),
		documentIndex,
	}));
}

function createBlocks(source: AnswerSource, reasoning: string | null, signature: string | null): AnswerBlock[] {
	const { request, script, model } = source;
	const blocks: AnswerBlock[] = [];
	const isShown = request.wantsReasoning || request.alwaysShowsReasoning;
	if (isShown && reasoning !== null && signature !== null) {
		blocks.push({ type: 'reasoning', text: reasoning, signature });
	}
	const calls = planToolCalls(source);
	if (calls.length === 0 || script.text !== undefined) {
		blocks.push({ type: 'text', text: chooseText(source), citations: chooseCitations(source) });
	}
	for (const [index, call] of calls.entries()) {
		const text = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
		const id = call.id ?? hashText(`${model} ${JSON.stringify(source.body)} ${index}`);
		blocks.push({ type: 'tool-call', text, id, name: call.name, signature: index === 0 ? signature : null });
	}
	return blocks;
}

/** A plausible answer; the same request gets the same one. */
export function composeAnswer(source: AnswerSource): SimulatedAnswer {
	const { body, model, request, script, tokenizer } = source;
	const countText = (text: string) => tokenizer.countText(text, model);
	const searches = countSearches(source);
	const reasoning = script.reasoning ?? (request.wantsReasoning ? DEFAULT_REASONING : null);
	const signature = reasoning === null ? null : signReasoning(model, reasoning);
	const blocks = createBlocks(source, reasoning, signature);
	const shown = blocks.find((block) => block.type === 'reasoning');
	const reasoningTokens = script.reasoningTokens ?? (shown === undefined ? 0 : countText(shown.text));
	const visible = blocks.map((block) => (block.type === 'reasoning' ? '' : block.text)).join('');
	const whole: SimulatedAnswer = {
		request,
		model,
		blocks,
		finish: blocks.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop',
		stopSequence: null,
		signature,
		inputTokens: Math.max(tokenizer.countInput(body, model), script.cachedTokens ?? 0) * (searches + 1),
		cachedTokens: script.cachedTokens ?? 0,
		writtenTokens: { fiveMinutes: 0, hour: 0 },
		outputTokens: countText(visible) * request.answerCount,
		reasoningTokens,
		searches,
		serviceTier: chooseServiceTier(source),
		id: hashText(`${model}\n${JSON.stringify(body)}`),
	};
	return truncateAnswer(whole, script.ignoresLimit === true ? { ...request, maxTokens: null } : request, countText);
}

function shortenBlock(block: AnswerBlock, characters: number): AnswerBlock[] {
	// a call whose arguments do not fit is left out; text and reasoning are cut
	if (block.type === 'tool-call') return [];
	return [{ ...block, text: block.text.slice(0, characters) }];
}

/** Counts the tokens of a text. */
type Counter = (text: string) => number;

function stopAtSequence(answer: SimulatedAnswer, sequences: readonly string[], countText: Counter): SimulatedAnswer {
	for (const [index, block] of answer.blocks.entries()) {
		if (block.type !== 'text') continue;
		const first = sequences
			.map((sequence) => ({ sequence, start: block.text.indexOf(sequence) }))
			.filter(({ start, sequence }) => start >= 0 && sequence !== '')
			.sort((a, b) => a.start - b.start)[0];
		if (first === undefined) continue;
		const blocks = [...answer.blocks.slice(0, index), ...shortenBlock(block, first.start)];
		const outputTokens = countText(block.text.slice(0, first.start)) * answer.request.answerCount;
		return { ...answer, blocks, outputTokens, finish: 'stop-sequence', stopSequence: first.sequence };
	}
	return answer;
}

/** The beginning of a text that takes at most so many tokens. */
function cutToTokens(text: string, tokens: number, countText: Counter): string {
	let cut = text;
	for (let counted = countText(cut); counted > Math.max(1, tokens); counted = countText(cut))
		cut = cut.slice(0, Math.min(cut.length - 1, Math.ceil((cut.length * tokens) / counted)));
	return cut;
}

function stopAtLength(answer: SimulatedAnswer, maxTokens: number, countText: Counter): SimulatedAnswer {
	if (answer.outputTokens + answer.reasoningTokens <= maxTokens) return answer;
	const isReasoningShown = answer.blocks.some(({ type }) => type === 'reasoning');
	const left = isReasoningShown ? maxTokens : Math.max(0, maxTokens - answer.reasoningTokens);
	let room = left;
	const blocks: AnswerBlock[] = [];
	for (const block of answer.blocks) {
		if (room <= 0) break;
		const tokens = countText(block.text);
		blocks.push(...(tokens <= room ? [block] : shortenBlock(block, cutToTokens(block.text, room, countText).length)));
		room -= tokens;
	}
	const reasoningTokens = Math.min(answer.reasoningTokens, maxTokens);
	const outputTokens = (maxTokens - reasoningTokens) * answer.request.answerCount;
	return { ...answer, blocks, finish: 'length', stopSequence: null, reasoningTokens, outputTokens };
}

/** Cuts the answer at the first stop sequence and at the longest length that is allowed. */
function truncateAnswer(
	answer: SimulatedAnswer,
	{ stopSequences, maxTokens }: ParsedRequest,
	countText: Counter,
): SimulatedAnswer {
	const stopped = stopAtSequence(answer, stopSequences, countText);
	return maxTokens === null ? stopped : stopAtLength(stopped, maxTokens, countText);
}

function hashReasoning(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

/** A model's signature of its reasoning; contains the text, as encrypted reasoning does. */
function signReasoning(model: string, text: string): string {
	return Buffer.from(`simulated-signature ${hashReasoning(`${model}\n${text}`)} ${text}`).toString('base64');
}

/** True when a signature is this model's and unchanged; with `text`, when it is that of the text. */
export function isSignedBy(model: string, signature: string, text?: string): boolean {
	const signed = Buffer.from(signature, 'base64').toString('utf8');
	const [, proof = '', content = ''] = /^simulated-signature ([0-9a-f]{64}) (.*)$/s.exec(signed) ?? [];
	return proof === hashReasoning(`${model}\n${content}`) && (text === undefined || text === content);
}

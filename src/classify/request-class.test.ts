import { describe, expect, it } from 'vitest';
import type { Conversation, RequestClass } from '../contracts/index.ts';
import { detectRequestClass } from './index.ts';

const BILLING = {
	type: 'text',
	text: 'x-anthropic-billing-header: cc_version=2.1.332.ddb; cc_entrypoint=cli; cch=5f1a4;',
};
const CLAUDE_CODE = { type: 'text', text: "You are Claude Code, Anthropic's official CLI for Claude." };
const user = (content: unknown) => ({ role: 'user', content });
const turns = [user('Fix the login bug'), { role: 'assistant', content: 'Done.' }];
const tools = [{ name: 'Bash' }];

describe("an agent's own call is known by its shape, in the format that its agent sends", () => {
	const calls: ReadonlyArray<[agent: string, RequestClass, Conversation, number | null]> = [
		[
			'Claude Code',
			'title',
			{
				system: [
					BILLING,
					CLAUDE_CODE,
					{ type: 'text', text: 'Generate a concise, sentence-case title (3-7 words) that captures' },
				],
				messages: [user([{ type: 'text', text: '<session>\nFix the login\n</session>' }])],
			},
			32_000,
		],
		[
			'Claude Code',
			'compaction',
			{
				system: [BILLING, CLAUDE_CODE],
				tools,
				messages: [
					...turns,
					user([{ type: 'text', text: 'CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.' }]),
				],
			},
			20_000,
		],
		[
			'Claude Code',
			'web-search',
			{
				system: [
					BILLING,
					CLAUDE_CODE,
					{ type: 'text', text: 'You are an assistant for performing a web search tool use' },
				],
				tools: [{ type: 'web_search_20250305', name: 'web_search' }],
				messages: [user('Perform a web search for the query: node 26')],
			},
			32_000,
		],
		['Claude Code', 'probe', { messages: [user('Hi')] }, 1],
		[
			'Codex',
			'compaction',
			{
				system: 'You are Codex.',
				tools,
				messages: [
					...turns,
					user([
						{
							type: 'input_text',
							text: 'You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary',
						},
					]),
				],
			},
			null,
		],
		[
			'opencode',
			'title',
			{
				messages: [
					{ role: 'system', content: 'You are a title generator. You output ONLY a thread title. Nothing else.' },
					user('Generate a title for this conversation:\n'),
					user('Fix the login bug'),
				],
			},
			null,
		],
		[
			'opencode',
			'compaction',
			{ messages: [...turns, user('Provide a detailed prompt for continuing our conversation above.\nFocus on')] },
			null,
		],
		[
			'gemini-cli',
			'compaction',
			{
				system: {
					parts: [{ text: '\nYou are the component that summarizes internal chat history into a given structure.' }],
				},
				contents: [
					{ role: 'user', parts: [{ text: 'First, reason in your scratchpad. Then, generate the <state_snapshot>.' }] },
				],
			},
			null,
		],
		[
			'qwen-code',
			'summary',
			{
				contents: [
					{
						role: 'user',
						parts: [{ text: "Summarize the user's primary intent or goal in this conversation in ONE sentence" }],
					},
				],
			},
			100,
		],
		[
			'cline',
			'compaction',
			{
				messages: [
					...turns,
					user([
						{ type: 'text', text: '[result]' },
						{ type: 'text', text: '<explicit_instructions type="summarize_task">\nThe current conversation is' },
					]),
				],
			},
			8192,
		],
	];
	it.each(calls)('%s: %s', (_agent, requestClass, conversation, limit) => {
		expect(detectRequestClass(conversation, limit)).toBe(requestClass);
	});
});

describe('a probe costs next to nothing where its format takes no less than 16 tokens, too', () => {
	it.each<[limit: number, least: number, requestClass: RequestClass | undefined]>([
		[1, 1, 'probe'],
		[16, 16, 'probe'],
		[1, 16, 'probe'],
		[16, 1, undefined],
		[17, 16, undefined],
	])('%i tokens where the least is %i: %s', (limit, least, requestClass) => {
		expect(detectRequestClass({ messages: [user('Hi')] }, limit, least)).toBe(requestClass);
	});
});

describe('a turn of a person is no call of the agent, whatever it speaks of', () => {
	it.each<[string, Conversation, number | null]>([
		['a main turn with tools', { system: [BILLING, CLAUDE_CODE], tools, messages: [...turns, user('Go on')] }, 32_000],
		['an answer of one token to a real question', { messages: [user('Is 2027 a leap year? Answer y or n.')] }, 1],
		['a short question without a limit', { messages: [user('Hi')] }, null],
		[
			'an agent whose work is titles, with tools',
			{ system: 'You are a title generator', tools, messages: turns },
			null,
		],
		[
			'a sign far behind the beginning',
			{ messages: [user(`${'x'.repeat(900)}CRITICAL: Respond with TEXT ONLY`)] },
			null,
		],
		['an earlier compaction', { messages: [user('CRITICAL: Respond with TEXT ONLY'), ...turns, user('Go on')] }, null],
		[
			'a person who asks for a title in the words of an agent',
			{ messages: [user('Please write a 5-10 word title for the following conversation: we met at noon')] },
			null,
		],
		[
			'a person who asks for a title of what was said',
			{ messages: [...turns, user('Generate a title for this conversation')] },
			500,
		],
		[
			'a person who asks what a user wants',
			{ messages: [...turns, user("Summarize the user's primary intent or goal in this conversation")] },
			100,
		],
		[
			'a person with nothing to compact',
			{ messages: [user('CRITICAL: Respond with TEXT ONLY. What is a monad?')] },
			null,
		],
		['nothing', {}, null],
		['a malformed body', { system: 7, messages: [null, 'text'] } as unknown as Conversation, 1],
	])('%s', (_what, conversation, limit) => {
		expect(detectRequestClass(conversation, limit)).toBeUndefined();
	});
});

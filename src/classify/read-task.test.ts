import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Conversation, TaskType } from '../contracts/index.ts';
import { TaskClassifier } from './index.ts';
import { readShape } from './ngram-model.ts';
import { readTask } from './read-task.ts';
import { TextReader } from './text-reader.ts';

const classifier = new TaskClassifier();
// A data file of our own, beside this test.
const conversations = JSON.parse(
	readFileSync(new URL('./labelled-conversations.json', import.meta.url), 'utf8'),
) as ReadonlyArray<{ name: string; expect: TaskType; task: Conversation }>;

describe('the person asks, whatever stands around it', () => {
	it.each(conversations)('$name', ({ expect: type, task }) => {
		const descriptor = classifier.classify(task);
		expect(descriptor.type, JSON.stringify(descriptor.features)).toBe(type);
	});

	it('counts boilerplate, system prompt and tools as tokens though they decide nothing', () => {
		const ask = { role: 'user', content: 'Fix the login bug' };
		const bare = classifier.classify({ messages: [ask] });
		const full = classifier.classify({
			system: 's'.repeat(4_000),
			tools: [{ name: 'read', description: 'd'.repeat(4_000) }],
			messages: [{ role: 'user', content: `<system-reminder>${'r'.repeat(4_000)}</system-reminder>Fix the login bug` }],
		});
		expect(full.type).toBe(bare.type);
		expect(full.task).toBe('Fix the login bug');
		expect(full.estimatedInputTokens - bare.estimatedInputTokens).toBeGreaterThan(2_990);
	});

	it('finds the ask far back behind tool results', () => {
		const loop = Array.from({ length: 300 }, (_, at) =>
			at % 2 === 0
				? { role: 'assistant', content: [{ type: 'tool_use', input: {} }] }
				: { role: 'user', content: [{ type: 'tool_result', content: 'fix the bug' }] },
		);
		expect(readTask({ messages: [{ role: 'user', content: 'Write a poem' }, ...loop] }).ask).toBe('Write a poem');
	});

	describe("an agent's own call is not rated by the words of the agent's prompt", () => {
		const tools = [{ name: 'Bash' }];
		const compact =
			'CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.\n\nYour task is to create a detailed summary of the conversation so far.';
		const title =
			'Please write a 5-10 word title for the following conversation: CRITICAL production outage, fix it now';
		const alone = (content: unknown) => ({ messages: [{ role: 'user', content }] });

		it.each([
			['a compaction of Claude Code', { ...alone(compact), tools }],
			['a title', alone(title)],
			[
				'a web search',
				{ ...alone('Perform a web search for the query: critical production outage of payments'), tools },
			],
		])('%s', (_what, task) => {
			const { ask } = readTask(task);
			const { complexity, type } = classifier.classify(task);
			expect({ ask, complexity, type }).toEqual({ ask: '', complexity: 'simple', type: 'simple-task' });
		});

		it.each([
			[
				'in an earlier message',
				[
					{ role: 'user', content: 'Write a poem' },
					{ role: 'user', content: compact },
				],
			],
			[
				'in the same message',
				[
					{
						role: 'user',
						content: [
							{ type: 'text', text: 'Write a poem' },
							{ type: 'text', text: compact },
						],
					},
				],
			],
		])('but by what the person asked %s', (_where, messages) => {
			expect(readTask({ messages, tools }).ask).toBe('Write a poem');
		});

		it('and what a person asks of such a prompt counts: it is no call of an agent where it is a turn with tools', () => {
			expect(readTask({ ...alone(title), tools }).ask).toBe(title);
		});
	});

	it.each([
		['a tool that was loaded', 'Tool loaded.'],
		[
			'a summary of Claude Code',
			'This session is being continued from a previous conversation that ran out of context.\nWrite a poem',
		],
		[
			'a summary of Codex',
			'Another language model started to solve this problem and produced a summary.\nWrite a poem',
		],
		['a reminder and a command', '<command-name>/poem</command-name><system-reminder>Write a poem</system-reminder>'],
		['a tool result', [{ type: 'tool_result', content: 'Write a poem' }]],
	])('%s is not what the person asks', (_what, content) => {
		const messages = [
			{ role: 'user', content: 'Fix the login bug' },
			{ role: 'assistant', content: 'Let me look.' },
			{ role: 'user', content },
		];
		const { ask, readEarlier } = readTask({ messages });
		expect([ask, ...readEarlier()]).toEqual(['Fix the login bug']);
	});

	it('the arguments of a command are the person’s words, without their tags', () => {
		const content = '<command-message>fix</command-message><command-args>Fix the login bug</command-args>';
		expect(readTask({ messages: [{ role: 'user', content }] }).ask).toBe('Fix the login bug');
	});

	it.each([
		[
			'Anthropic',
			(data: string) => ({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } }),
		],
		['OpenAI', (data: string) => ({ type: 'file', file: { file_data: `data:application/pdf;base64,${data}` } })],
		['Gemini', (data: string) => ({ inlineData: { mimeType: 'application/pdf', data } })],
	])('a PDF in the format of %s is counted by its pages: models that can read it are not ruled out', (_name, part) => {
		const count = (pages: string, bytes: number): number => {
			const data = btoa(`%PDF-1.7 ${'x'.repeat(bytes)} <</Type/Pages ${pages}/Kids[]>> %%EOF`);
			const content = [{ type: 'text', text: 'Summarize the contract' }, part(data)];
			return classifier.classify({ messages: [{ role: 'user', content }] }).estimatedInputTokens;
		};
		expect(count('/Count 12', 3_000_000) / 12).toBeGreaterThan(2_000);
		expect(count('/Count 12', 3_000_000) / 12).toBeLessThan(3_000);
		// the pages are compressed: by bytes
		expect(count('', 1_000_000)).toBeGreaterThan(25_000);
		expect(count('', 1_000_000)).toBeLessThan(100_000);
		expect(count('', 100)).toBeLessThan(3_000);
	});

	it('sound and films are counted by their bytes, not as text', () => {
		const count = (part: object): number =>
			classifier.classify({ messages: [{ role: 'user', content: [part] }] }).estimatedInputTokens;
		const data = 'A'.repeat(1_333_333); // a megabyte: about a minute of MP3, four seconds of film
		expect(count({ type: 'input_audio', input_audio: { format: 'mp3', data } })).toBeLessThan(3_000);
		expect(count({ inline_data: { mime_type: 'video/mp4', data } })).toBeLessThan(3_000);
		expect(count({ inline_data: { mime_type: 'audio/mpeg', data: 'A'.repeat(4_000) } })).toBeGreaterThan(5);
		expect(count({ type: 'tool_use', input: { format: 'csv', data: 'a,b '.repeat(4_000) } })).toBeGreaterThan(3_900);
	});

	it('a picture asks for a model that sees', () => {
		const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(1_000_000)}` } };
		const descriptor = classifier.classify({
			messages: [{ role: 'user', content: [{ type: 'text', text: 'What is in this picture?' }, image] }],
		});
		expect(descriptor.constraints?.requiredCapabilities).toEqual(['vision']);
		expect(descriptor.estimatedInputTokens).toBeLessThan(3_000);
	});

	it('a picture far back, and tools that are offered, still ask for a model that can', () => {
		const picture = { role: 'user', content: [{ type: 'image', source: {} }] };
		const turns = Array.from({ length: 40 }, () => ({ role: 'user', content: 'Go on' }));
		const required = (task: Conversation) => classifier.classify(task).constraints?.requiredCapabilities;
		expect(required({ messages: [picture, ...turns] })).toEqual(['vision']);
		expect(required({ messages: [picture, ...turns], tools: [{ name: 'look' }] })).toEqual(['vision', 'tools']);
		expect(required({ messages: turns, tools: [] })).toBeUndefined();
	});

	it('reads no more than two earlier turns', () => {
		const messages = ['one', 'two', 'three', 'four'].map((content) => ({ role: 'user', content }));
		const { ask, readEarlier } = readTask({ messages });
		expect([ask, ...readEarlier()]).toEqual(['four', 'three', 'two']);
	});
});

describe('points of a list', () => {
	const reader = new TextReader();
	const countItems = (text: string): number => {
		reader.read(text);
		return readShape(text, reader.marks).items;
	};

	it.each([
		['- a\n* b\n• c\n1. d\n12) e', 5],
		['buy:\n\n  - milk\r\n\t2. bread', 2],
		['2024 was - as you know - 1.5 times\n-no\n123. no\n-', 0],
		['第一\n- 水\n\u30001.\u3000茶', 2],
	])('are counted in %j, so that a task of many steps is read as one', (text, items) => {
		expect(countItems(text)).toBe(items);
	});

	it('are counted in one pass: blank lines do not hold a request up', () => {
		expect(countItems(`1${'\n'.repeat(400_000)}- a${'\n'.repeat(400_000)}`)).toBe(1);
	});
});

import Anthropic from '@anthropic-ai/sdk';
import { afterEach, expect, it } from 'vitest';
import { openScriptedGateway, type ScriptedGateway, sendEvents } from '../../support/scripted-providers.ts';

let opened: ScriptedGateway | null = null;
afterEach(async () => {
	await opened?.close();
	opened = null;
});

const chunk = (more: object) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...more });
const choice = (delta: object, finish: string | null = null) =>
	chunk({ choices: [{ index: 0, delta, finish_reason: finish }] });

it('an agent of Anthropic’s that stamps its messages with the input of message_start does not stamp 0', async () => {
	opened = await openScriptedGateway((_call, response) =>
		sendEvents(response, [
			choice({ role: 'assistant', content: 'hi' }),
			choice({}, 'stop'),
			chunk({ choices: [], usage: { prompt_tokens: 777, completion_tokens: 2, total_tokens: 779 } }),
			'data: [DONE]\n\n',
		]),
	);
	const client = new Anthropic({ apiKey: 'none', baseURL: opened.url, maxRetries: 0 });
	const messages = [{ role: 'user' as const, content: 'word '.repeat(500) }];
	const stream = client.messages.stream({ model: 'my-local', max_tokens: 99, messages });
	const started: unknown[] = [];
	stream.on('streamEvent', (event) => {
		if (event.type === 'message_start') started.push(structuredClone(event.message.usage));
	});
	const { usage } = await stream.finalMessage();
	expect(started).toEqual([expect.objectContaining({ is_estimated: true })]);
	const [{ input_tokens: estimate }] = started as [{ input_tokens: number }];
	expect(estimate).toBeGreaterThan(300);
	expect(estimate).toBeLessThan(2000);
	expect(usage.input_tokens).toBe(777);
});

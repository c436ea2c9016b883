import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { afterEach, describe, expect, it } from 'vitest';
import { createRoutedModel, createRoutedPorts } from '../../src/ai-sdk/index.ts';
import { DEFAULT_GATEWAY_CONFIG } from '../../src/gateway.ts';
import { until } from '../support/open-test-gateway.ts';
import { askChat, type ClockedGateway, chatFrame, openClockedGateway } from '../support/raw-provider.ts';

/** Milliseconds of silence: more than any model is given to begin, less than one that thinks. */
const SILENCE_MS = 100_000;
const { streams } = DEFAULT_GATEWAY_CONFIG;

let open: ClockedGateway;
let calls = 0;
let answer: () => void;
afterEach(() => open.close());

/** A model that is silent until `answer` is called, behind a gateway and for the AI SDK. */
async function openSilent(): Promise<void> {
	calls = 0;
	const isReady = new Promise<void>((resolve) => {
		answer = resolve;
	});
	open = await openClockedGateway(
		async (_request, response) => {
			calls += 1;
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			response.flushHeaders();
			await isReady;
			response.end(`${chatFrame({ content: 'Well thought.' })}${chatFrame({}, 'stop')}data: [DONE]\n\n`);
		},
		// without a head ahead of the answer, its status tells how it ended
		{ kind: 'openai-compatible', keepAliveMs: 0 },
	);
}

/** Lets the model be silent for so long after it was asked. */
async function passSilence(): Promise<void> {
	await until(() => calls === 1, 'the call');
	await open.clock.advance(SILENCE_MS);
	answer();
}

describe('a model that was asked to think may do so in silence for longer than others', () => {
	it.each([
		[{ reasoning_effort: 'high' }, 200, 'Well thought.'],
		[{}, 504, 'firstOutputTimeoutMs'],
	])('through the gateway: %j', async (change, status, text) => {
		await openSilent();
		const asked = askChat(open.url, { stream: true, ...change });
		await passSilence();
		const response = await asked;
		expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(text)]);
	});

	async function streamText(change: Partial<LanguageModelV4CallOptions>): Promise<string> {
		const ports = { ...createRoutedPorts({ ...open, streams }), clock: open.clock };
		const model = createRoutedModel('gpt-5-mini', {}, () => ports);
		const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Think.' }] }];
		const { stream } = await model.doStream({ prompt, ...change });
		let text = '';
		for await (const part of stream) if (part.type === 'text-delta') text += part.delta;
		return text;
	}

	it('through the AI SDK', async () => {
		await openSilent();
		const thought = streamText({ reasoning: 'high' });
		await passSilence();
		expect(await thought).toBe('Well thought.');
	});

	it.each([{}, { reasoning: 'none' as const }, { reasoning: 'provider-default' as const }])(
		'through the AI SDK, and not one that was not asked to: %j',
		async (change) => {
			await openSilent();
			const hasty = expect(streamText(change)).rejects.toThrow('firstOutputTimeoutMs');
			await passSilence();
			await hasty;
		},
	);
});

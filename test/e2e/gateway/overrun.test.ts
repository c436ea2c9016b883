import { afterEach, describe, expect, it } from 'vitest';
import { askChat, chatFrame, openRawGateway, type RawGateway } from '../../support/raw-provider.ts';

let open: RawGateway | null = null;
afterEach(async () => {
	await open?.close();
	open?.project.remove();
	open = null;
});

/** One event of the provider: 200 tokens. */
const PIECE = 'word '.repeat(200);
/** The limit that the gateway set on the provider's answer, in tokens. */
let limit = 0;
/** Resolves when the provider's connection was closed. */
let stopped: PromiseWithResolvers<void>;

/** A provider that writes on, whatever limit it was set. */
async function openGarrulous(isCompatible: boolean): Promise<RawGateway> {
	stopped = Promise.withResolvers();
	return await openRawGateway(
		(_request, response, body) => {
			const { max_completion_tokens, max_tokens } = JSON.parse(body);
			limit = Number(max_completion_tokens ?? max_tokens);
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			const timer = setInterval(() => response.write(chatFrame({ content: PIECE })), 5);
			response.once('close', () => {
				clearInterval(timer);
				stopped.resolve();
			});
		},
		{ budget: { perRequestLimit: 0.002 } },
		undefined,
		{ isCompatible },
	);
}

/** The provider was stopped when it was sure that it had gone beyond its limit, and no later. */
async function expectStoppedInTime(text: string): Promise<void> {
	await stopped.promise;
	const tokens = text.match(/word /g)?.length ?? 0;
	expect(limit).toBeGreaterThan(500);
	expect(limit).toBeLessThan(1000);
	expect(tokens).toBeGreaterThan(limit);
	expect(tokens).toBeLessThanOrEqual(1.5 * limit + 512 + 200);
}

describe('a provider that writes on beyond what the money pays for is stopped, and the stream ends cleanly', () => {
	it('in the caller’s own format, with the reason that its limit was reached', async () => {
		open = await openGarrulous(false);
		const text = await (await askChat(open.url, { stream: true })).text();
		expect(text).toContain('"finish_reason":"length"');
		expect(text).toContain('[DONE]');
		expect(text).not.toContain('"error"');
		await expectStoppedInTime(text);
	});

	it('translated from another format, with that format’s reason', async () => {
		open = await openGarrulous(true);
		const response = await fetch(`${open.url}/v1/messages`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
			body: JSON.stringify({
				model: 'gpt-5-mini',
				max_tokens: 100_000,
				stream: true,
				messages: [{ role: 'user', content: 'Say hello.' }],
			}),
		});
		expect(response.status).toBe(200);
		const text = await response.text();
		expect(text).toContain('"stop_reason":"max_tokens"');
		expect(text).toContain('event: message_stop');
		expect(text).not.toContain('event: error');
		await expectStoppedInTime(text);
	});
});

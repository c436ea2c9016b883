import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { expect, it } from 'vitest';
import { createMeteredUsage } from '../protocol/index.ts';
import { PartSink } from './part-sink.ts';

const delta = (text: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '1', delta: text });

async function readAll({ stream }: PartSink): Promise<string[]> {
	const seen: string[] = [];
	for await (const part of stream) seen.push(part.type === 'text-delta' ? part.delta : part.type);
	return seen;
}

it('what a failed attempt said before its first output is never seen', async () => {
	const sink = new PartSink();
	sink.write({ type: 'stream-start', warnings: [] });
	sink.discard();
	sink.write(delta('second'));
	const read = readAll(sink);
	sink.commit();
	sink.fail(new Error('broken'));
	expect(await read).toEqual(['second', 'error']);
});

it('a failure before anything went out is the call’s own', async () => {
	const sink = new PartSink();
	sink.fail(new Error('nobody answered'));
	await expect(sink.begun).rejects.toThrow('nobody answered');
});

it('a slow reader is waited for: there is room when it has read, and not before', async () => {
	const sink = new PartSink();
	sink.write(delta('1'));
	expect(sink.commit()).toBe(false);
	let isDrained = false;
	sink.onDrain(() => {
		isDrained = true;
	});
	await new Promise<void>((resolve) => setImmediate(resolve));
	expect(isDrained).toBe(false);
	const reader = sink.stream.getReader();
	await reader.read();
	expect(isDrained).toBe(true);
	const next = reader.read();
	expect(sink.write(delta('2'))).toBe(true);
	expect(await next).toMatchObject({ value: { delta: '2' } });
});

it('a reader that left is noticed at the next part, and frees whoever waits for it', async () => {
	const sink = new PartSink();
	sink.write(delta('1'));
	sink.commit();
	const drained = new Promise<void>((resolve) => sink.onDrain(resolve));
	await sink.stream.cancel(new Error('bored'));
	await drained;
	expect(() => sink.write(delta('late'))).toThrow(
		expect.objectContaining({ code: 'ROUTER_REQUEST_ABORTED', cause: new Error('bored') }),
	);
	sink.fail(new Error('nobody hears this'));
	sink.end(() => ({}));
});

it('an answer that is ended early closes what is open, and says why it ended', async () => {
	const sink = new PartSink().startAttempt('opus');
	sink.write({ type: 'reasoning-start', id: 'r' });
	sink.write({ type: 'reasoning-end', id: 'r' });
	sink.write({ type: 'text-start', id: '1' });
	sink.write(delta('long'));
	const parts: LanguageModelV4StreamPart[] = [];
	const read = (async () => {
		for await (const part of sink.stream) parts.push(part);
	})();
	sink.commit();
	sink.endEarly('length', createMeteredUsage({ inputTokens: 7, outputTokens: 3 }));
	sink.end((metadata) => ({ ...metadata, switchyard: { model: 'opus' } }));
	await read;
	expect(parts.map(({ type }) => type)).toEqual([
		'reasoning-start',
		'reasoning-end',
		'text-start',
		'text-delta',
		'text-end',
		'finish',
	]);
	expect(parts[2]).toMatchObject({ providerMetadata: { switchyard: { model: 'opus' } } });
	expect(parts.at(-1)).toMatchObject({
		finishReason: { unified: 'length' },
		usage: { inputTokens: { total: 7 }, outputTokens: { total: 3 } },
		providerMetadata: { switchyard: { model: 'opus' } },
	});
});

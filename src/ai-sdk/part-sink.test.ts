import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { expect, it } from 'vitest';
import { PartSink } from './part-sink.ts';

const delta = (text: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '1', delta: text });

async function readAll({ stream }: PartSink): Promise<string[]> {
	const seen: string[] = [];
	for await (const part of stream) seen.push(part.type === 'text-delta' ? part.delta : part.type);
	return seen;
}

it('what a failed attempt said before its first output is never seen', async () => {
	const sink = new PartSink();
	await sink.write({ type: 'stream-start', warnings: [] });
	sink.discard();
	await sink.write(delta('second'));
	const read = readAll(sink);
	await sink.commit();
	await sink.fail(new Error('broken'));
	expect(await read).toEqual(['second', 'error']);
});

it('a failure before anything went out is the call’s own', async () => {
	const sink = new PartSink();
	await sink.fail(new Error('nobody answered'));
	await expect(sink.begun).rejects.toThrow('nobody answered');
});

it('a slow reader slows the provider: no part is taken before there is room', async () => {
	const sink = new PartSink();
	await sink.write(delta('1'));
	let isWritten = false;
	const written = sink.commit().then(async () => {
		await sink.write(delta('2'));
		isWritten = true;
	});
	await sink.begun;
	await new Promise<void>((resolve) => setImmediate(resolve));
	expect(isWritten).toBe(false);
	const reader = sink.stream.getReader();
	await reader.read();
	await reader.read();
	await written;
	expect(isWritten).toBe(true);
});

it('a reader that left is heard of at the next part', async () => {
	const sink = new PartSink();
	const begun = sink.commit();
	await begun;
	await sink.stream.cancel(new Error('bored'));
	await expect(sink.write(delta('late'))).rejects.toThrow('bored');
});

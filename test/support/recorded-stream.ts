import { readFileSync } from 'node:fs';
import { formatSse, type SseFrame, SseParser } from '../../src/protocol/index.ts';

/** The events of a recorded provider stream, one JSON text each. */
export function recordedEvents(name: string): string[] {
	const path = new URL(`../fixtures/provider-streams/${name}.jsonl`, import.meta.url);
	return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/** A recorded stream as the bytes of server-sent events, with event names where the provider sends them. */
export function recordedStream(name: string): Buffer {
	const isNamed = name.startsWith('anthropic');
	const frames = recordedEvents(name).map((text) => formatSse(text, isNamed ? JSON.parse(text).type : undefined));
	return Buffer.from(frames.join(''));
}

/** The frames of bytes that arrive in chunks, cut after each of `cuts`. */
export function framesOf(bytes: Buffer, cuts: readonly number[] = []): SseFrame[] {
	const splitter = new SseParser();
	const borders = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
	const frames = borders.slice(1).flatMap((end, at) => splitter.push(bytes.subarray(borders[at], end)));
	const rest = splitter.flush();
	return rest === null ? frames : [...frames, rest];
}

/** What a caller parses out of frames, in order. */
export function dataOf(text: string): Record<string, unknown>[] {
	return framesOf(Buffer.from(text)).map((frame) => JSON.parse(frame.data ?? 'null'));
}

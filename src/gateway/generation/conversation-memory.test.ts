import { expect, it } from 'vitest';
import { ConversationMemory } from './conversation-memory.ts';

const MINUTE_MS = 60_000;

it('a conversation stays with its model while the provider’s cache lives, and is free to move when it has expired', () => {
	const memory = new ConversationMemory();
	const conversation = { owner: 'a', session: 's' };
	memory.remember(conversation, { model: 'opus', tokens: 1200, at: 0 });
	const prefixAt = (now: number) => memory.getCachedPrefix(conversation, now, true);
	expect(prefixAt(5 * MINUTE_MS - 1)).toMatchObject({ model: 'opus', tokens: 1200, boundToModel: true });
	expect(prefixAt(5 * MINUTE_MS)).toMatchObject({ model: 'opus', tokens: 0, boundToModel: true });
	expect(prefixAt(61 * MINUTE_MS)).toBeUndefined();
});

it('a response is looked for at the deployment that holds it, as long as not ten thousand others were made since', () => {
	const memory = new ConversationMemory();
	memory.rememberResponse('resp_1', 'first');
	expect([memory.getHolder('resp_1'), memory.getHolder('resp_2'), memory.getHolder(undefined)]).toEqual([
		'first',
		undefined,
		undefined,
	]);
	for (let made = 0; made < 10_000; made += 1) memory.rememberResponse(`resp_x${made}`, 'second');
	expect(memory.getHolder('resp_1')).toBeUndefined();
});

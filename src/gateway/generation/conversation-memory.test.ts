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

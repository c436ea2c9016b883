import { expect, it } from 'vitest';
import { CALLER_FORMATS } from '../../protocol/index.ts';
import { decodeOnce } from './routing.ts';

it('a request is translated when it must be, and once however many attempts need it', () => {
	let times = 0;
	const chat = CALLER_FORMATS['openai-chat'];
	const counting = {
		...chat,
		decodeRequest: (body: Readonly<Record<string, unknown>>) => {
			times += 1;
			return chat.decodeRequest(body);
		},
	};
	const decoded = decodeOnce(counting, { model: 'haiku', messages: [{ role: 'user', content: 'Hi.' }] });
	expect(times).toBe(0);
	expect(decoded()).toBe(decoded());
	expect(times).toBe(1);
});

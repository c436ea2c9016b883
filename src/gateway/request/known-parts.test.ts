import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonText } from '../../protocol/index.ts';
import { KnownParts, parseJsonBody } from './parse-body.ts';

/** A body long enough to be parsed by its parts. */
function write(messages: readonly string[], tools: readonly string[] = []): string {
	const turns = messages.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
	return JSON.stringify({ model: 'auto', pad: 'x'.repeat(9000), messages: turns, tools, z: [1, 2.5, null] });
}

const parse = async (text: string, parts: KnownParts) =>
	(await parseJsonBody(JsonText.from(text).bytes, undefined, parts)).body;

const long = (word: string) => `${word} \\"é中🚀\n`.repeat(100);

describe('what a caller sends again with the next turn', () => {
	it('says the same whether it is known or not, and a word that changed is read anew', async () => {
		const parts = new KnownParts();
		const words = fc.constantFrom('a', 'b', 'c', 'd').map(long);
		const turns = fc.array(words, { maxLength: 6 });
		await fc.assert(
			fc.asyncProperty(turns, fc.array(words, { maxLength: 3 }), fc.nat(900), async (messages, tools, at) => {
				const text = write(messages, tools);
				expect(await parse(text, parts)).toEqual(JSON.parse(text));
				const [first = ''] = messages;
				// of the same length and with the same places looked at: only the bytes tell it
				const changed = write([`${first.slice(0, at)}e${first.slice(at + 1)}`, ...messages.slice(1)], tools);
				expect(await parse(changed, parts)).toEqual(JSON.parse(changed));
			}),
			{ numRuns: 300 },
		);
	});

	it('is one value for all its requests from its third time on, and nobody can change it for the others', async () => {
		const parts = new KnownParts();
		const messages = async () => (await parse(write([long('a')]), parts))['messages'] as object[];
		const [one, two, three] = [await messages(), await messages(), await messages()];
		expect(two[0]).not.toBe(one[0]);
		expect(three[0]).toBe(two[0]);
		expect(Object.isFrozen(three[0])).toBe(true);
		expect(() => Object.assign(three[0] ?? {}, { role: 'system' })).toThrow(TypeError);
		expect(Object.isFrozen(three)).toBe(false);
	});

	it('takes no more memory than is meant for it, however much comes: what was used last stays', async () => {
		const parts = new KnownParts(20_000);
		const kept = write([long('kept')]);
		for (let turn = 0; turn < 40; turn += 1)
			for (const text of [kept, write([long(`other ${turn}`)]), write([long(`other ${turn}`)])])
				await parse(text, parts);
		expect(parts.bytes).toBeGreaterThan(0);
		expect(parts.bytes).toBeLessThanOrEqual(20_000);
		const messages = async () => (await parse(kept, parts))['messages'] as object[];
		expect((await messages())[0]).toBe((await messages())[0]);
	});
});

import { expect, it } from 'vitest';
import type { ModelProfile } from '../../src/contracts/index.ts';
import { createInputBound } from '../../src/protocol/index.ts';
import { createTextTokenCounter } from '../../src/tokenizer/index.ts';
import { hasRecordings, readRecordedRequests } from '../support/recorded-requests.ts';

const countTokens = createTextTokenCounter();

// Skips where the recordings are absent.
it.skipIf(!hasRecordings)(
	'no recorded request took more input tokens than are held for it, by bytes or counted',
	async () => {
		const tooLow: string[] = [];
		let read = 0;
		for (const { body, inputTokens, name, profile, text } of readRecordedRequests()) {
			const bound = createInputBound({ input: body, bodyBytes: Buffer.byteLength(text) });
			const model = profile as ModelProfile;
			const held = { bytes: bound.tokens(model), counted: await bound.countTokens(model, countTokens) };
			for (const [how, tokens] of Object.entries(held))
				if (tokens < inputTokens) tooLow.push(`${name}: ${inputTokens} tokens, ${tokens} by ${how}`);
			read += 1;
		}
		expect(tooLow).toEqual([]);
		expect(read).toBeGreaterThan(1000);
	},
	60_000,
);

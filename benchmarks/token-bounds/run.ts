/**
 * Token bounds: how recorded input compares with what would be held for it, and how other tokenizers compare with the one
 * that counts. npm run bench:tokens. Needs the recordings of ../shared/fixtures/streams (its README names sources and licences).
 * `perCounted` is the highest ratio of true tokens, without what the provider adds at least, to those of `o200k_base`;
 * `trueOverBytes` and `trueOverCounted` are the highest ratios of true tokens to what is held. A ratio above 1 would be a hold
 * that is too low. Only requests without media and without tools of the provider's own say anything about a tokenizer.
 * The last part counts a conversation of 100 KB that grows by 2 KB a turn.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ModelProfile } from '../../src/contracts/index.ts';
import { createInputBound } from '../../src/protocol/index.ts';
import { createTextTokenCounter } from '../../src/tokenizer/index.ts';
import { hasRecordings, readRecordedRequests } from '../../test/support/recorded-requests.ts';

interface SourceFigures {
	recordings: number;
	trueOverBytes: number;
	trueOverCounted: number;
	/** Of requests with at least 200 tokens of text. */
	perCounted: number;
	largestText: number;
}

const NOT_ONLY_TEXT =
	/"(?:image_url|source|inline_?data|file_?data|input_audio|tools|response_format|output_config|text)": ?[{[]/i;
const LEAST_TOKENS = 200;

function round(value: number): number {
	return Math.round(value * 1000) / 1000;
}

async function measureRecordings(): Promise<Record<string, SourceFigures>> {
	const countTokens = createTextTokenCounter();
	const sources: Record<string, SourceFigures> = {};
	for (const { body, inputTokens, profile, source, text } of readRecordedRequests()) {
		const bound = createInputBound({ input: body, bodyBytes: Buffer.byteLength(text) });
		const model = profile as ModelProfile;
		let texts = 0;
		const counted = await bound.countTokens(model, async (pieces) => {
			const count = await countTokens(pieces);
			texts = count.tokens;
			return count;
		});
		const figures = sources[source] ?? {
			recordings: 0,
			trueOverBytes: 0,
			trueOverCounted: 0,
			perCounted: 0,
			largestText: 0,
		};
		sources[source] = figures;
		figures.recordings += 1;
		figures.trueOverBytes = Math.max(figures.trueOverBytes, round(inputTokens / bound.tokens(model)));
		figures.trueOverCounted = Math.max(figures.trueOverCounted, round(inputTokens / counted));
		if (texts < LEAST_TOKENS || NOT_ONLY_TEXT.test(text)) continue;
		figures.perCounted = Math.max(figures.perCounted, round(inputTokens / texts));
		figures.largestText = Math.max(figures.largestText, texts);
	}
	return sources;
}

const MESSAGES = 50;
const TURNS = 40;
const TURN_BYTES = 2000;
const PROFILE = { provider: 'anthropic', modelId: 'claude', contextWindow: 1_000_000 } as ModelProfile;

/** Milliseconds: the whole conversation for the first time, then a turn that adds 2 KB to it, the median of 40. */
async function measureGrowth(): Promise<{ wholeMs: number; turnMs: number }> {
	const words = 'function parse the request body of every attempt and hold its money until it is settled, '.split(' ');
	let seed = 1;
	const write = (): string => {
		let text = '';
		while (text.length < TURN_BYTES) {
			seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
			text += `${words[seed % words.length]}${seed % 97} `;
		}
		return text;
	};
	const countTokens = createTextTokenCounter();
	await countTokens(['loads the tokenizer']);
	const messages = Array.from({ length: MESSAGES }, (_, index) => ({
		role: index % 2 === 0 ? 'user' : 'assistant',
		content: write(),
	}));
	const count = async (newest: string): Promise<number> => {
		// each turn comes as a body of its own
		const body = JSON.stringify({ messages: [...messages, { role: 'user', content: newest }] });
		const input: unknown = JSON.parse(body);
		const startedAt = performance.now();
		await createInputBound({ input, bodyBytes: body.length }).countTokens(PROFILE, countTokens);
		return performance.now() - startedAt;
	};
	const wholeMs = await count('');
	const turns: number[] = [];
	for (let turn = 0; turn < TURNS; turn += 1) turns.push(await count(write()));
	turns.sort((a, b) => a - b);
	return { wholeMs: round(wholeMs), turnMs: round(turns[TURNS / 2] ?? 0) };
}

if (!hasRecordings) throw new Error('The recordings are not here: ../shared/fixtures/streams.');
const results = {
	command: 'npm run bench:tokens',
	node: process.version,
	sources: await measureRecordings(),
	growth: await measureGrowth(),
};
writeFileSync(
	fileURLToPath(new URL('../results/token-bounds.json', import.meta.url)),
	`${JSON.stringify(results, null, '\t')}\n`,
);
console.table(results.sources);
console.table(results.growth);

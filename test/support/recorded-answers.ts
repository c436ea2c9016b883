import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { Usage, WireFormatName } from '../../src/contracts/index.ts';
import { CALLER_FORMATS, getTokenRates, SseParser, settleUsage } from '../../src/protocol/index.ts';
import { withReadableAnswers } from '../../src/providers/kinds/readable-fetch.ts';
import {
	generateNeutral,
	type NeutralAttempt,
	NeutralRelay,
	type NeutralSink,
	OutputMeter,
	settleWholeAnswer,
	UsageMeter,
} from '../../src/relay/index.ts';
import { ManualClock } from '../../src/testing/index.ts';

const shared = join(import.meta.dirname, '..', '..', '..', 'shared');
const folder = join(shared, 'fixtures', 'streams');
const readerPath = join(shared, 'cases', 'streams', 'usage.mjs');

/** One answer that a provider once gave. */
export interface RecordedAnswer {
	id: string;
	/** Its folder: whose answer it is. */
	provider: string;
	/** `null`: Bedrock's, which is none of the wire formats. */
	format: WireFormatName | null;
	isStream: boolean;
	bytes: Buffer;
}

const FORMATS: Readonly<Record<string, WireFormatName | null>> = {
	anthropic: 'anthropic-messages',
	'openai-chat': 'openai-chat',
	'openai-responses': 'openai-responses',
	gemini: 'gemini',
	'gemini-stream': 'gemini',
	'bedrock-converse': null,
};

/** Every recorded answer with a status of success, in a format that the hand-written reader reads too. */
export function listRecordedAnswers(): RecordedAnswer[] {
	if (!existsSync(join(folder, 'index.jsonl')) || !existsSync(readerPath)) return [];
	const lines = readFileSync(join(folder, 'index.jsonl'), 'utf8').trimEnd().split('\n');
	return lines
		.map((line) => JSON.parse(line))
		.filter(({ format, status, stream }) => status < 300 && format in FORMATS && (format !== 'gemini-stream' || stream))
		.map(({ file, format, id, stream }) => ({
			id,
			provider: file.split('/')[0],
			format: FORMATS[format] ?? null,
			isStream: stream,
			bytes: readFileSync(join(folder, file)),
		}));
}

type UsageReader = (answer: RecordedAnswer) => Usage | null;

/** The reader that was written by hand from the providers' documentation, without this package. */
export async function loadHandWrittenReader(): Promise<UsageReader> {
	const { meaning } = await import(pathToFileURL(readerPath).href);
	const names = { 'anthropic-messages': 'anthropic' } as Record<string, string>;
	return ({ bytes, format, isStream }) => {
		const name = format === null ? 'bedrock-converse' : (names[format] ?? format);
		const usage = meaning(name, isStream, bytes.toString('utf8'))?.usage ?? null;
		if (usage === null) return null;
		return {
			inputTokens: usage.input,
			cacheReadTokens: usage.cacheRead,
			cacheWrite5mTokens: usage.w5,
			cacheWrite1hTokens: usage.w1,
			outputTokens: usage.output,
			reasoningTokens: usage.reasoning,
			perUse: Object.fromEntries(Object.entries<number>(usage.uses).filter(([, count]) => count > 0)),
		};
	};
}

/** What the call is expected to have read, and may have used, as the gateway says it of a short request. */
const EXPECTED = { expectedInputTokens: 11, usageLimits: { inputTokens: 10_000_000, outputTokens: 129_024 } };

/** The usage that is booked where the answer is passed through in its own format. */
export async function readSameFormat({ bytes, format, isStream }: RecordedAnswer): Promise<Usage | null> {
	if (format === null) return null;
	const metered = (characters: number) => ({
		inputTokens: EXPECTED.expectedInputTokens,
		outputTokens: Math.ceil(characters / 4),
	});
	const limits = EXPECTED.usageLimits;
	if (!isStream) {
		const { outputText, usage } = CALLER_FORMATS[format].readAnswer(JSON.parse(bytes.toString('utf8')));
		return await settleWholeAnswer({ ...EXPECTED, output: createMeter() }, usage, outputText);
	}
	const watcher = CALLER_FORMATS[format].createStreamWatcher({ wantsUsage: true });
	const parser = new SseParser();
	for (const frame of parser.push(bytes)) watcher.read(frame);
	const rest = parser.flush();
	if (rest !== null) watcher.read(rest);
	return settleUsage(watcher.usage.usage(), metered(watcher.usage.outputCharacters), { limits });
}

/** The client library that the deployment's kind uses, answered with the recording. */
function openModel({ bytes, format, isStream }: RecordedAnswer): LanguageModelV4 {
	const headers = { 'content-type': isStream ? 'text/event-stream' : 'application/json' };
	const raw = async () => new Response(new Uint8Array(bytes), { headers });
	const fetch = format === null ? raw : withReadableAnswers(raw, format);
	const settings = { apiKey: 'key', fetch, baseURL: 'http://127.0.0.1:1/v1' };
	if (format === 'anthropic-messages') return createAnthropic(settings)('claude-rec');
	if (format === 'gemini') return createGoogle(settings)('gemini-3-pro-rec');
	if (format === 'openai-responses') return createOpenAI(settings).responses('gpt-5-rec');
	if (format === null) return createAmazonBedrock({ ...settings, region: 'us-east-1' })('claude-rec');
	return createOpenAICompatible({ ...settings, name: 'rec', includeUsage: true }).chatModel('rec');
}

const AMPLE = { allowedTokens: 1_000_000_000, limitTokens: 1_000_000_000 };

function createMeter(): OutputMeter {
	return new OutputMeter(AMPLE, getTokenRates({ provider: 'openai', modelId: 'rec' }), undefined);
}

/** Takes every part at once. */
function createOpenSink(): NeutralSink {
	return {
		isCommitted: false,
		write: () => true,
		endEarly: () => true,
		commit: () => true,
		discard() {},
		onDrain: (callback) => callback(),
	};
}

/** The usage that is booked where the answer is translated: also where the answer itself cannot be. */
export async function readTranslated(answer: RecordedAnswer): Promise<Usage | null> {
	const meter = new UsageMeter();
	const call: NeutralAttempt = {
		...EXPECTED,
		clock: new ManualClock(),
		target: { provider: 'rec', model: 'rec' },
		modelName: 'rec',
		openModel: () => openModel(answer),
		answerFormat: answer.format,
		options: { prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
		timeouts: { firstOutputMs: 60_000, idleMs: 60_000 },
		signal: new AbortController().signal,
		output: createMeter(),
		isHeldWhole: false,
		onHeaders() {},
	};
	const relay = answer.isStream ? new NeutralRelay(call, createOpenSink()) : null;
	if (relay !== null) meter.set(() => relay.usage());
	try {
		return (await (relay === null ? generateNeutral(call, meter) : relay.run())).usage;
	} catch {
		const metered = await meter.take();
		return typeof metered === 'string' ? null : metered;
	}
}
